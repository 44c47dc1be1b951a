# Exception handlers (INT 31h AX=0203h). The host enters them on the locked protected-mode stack with its frame:
#   00 return EIP, 04 return CS, 08 error code, 0C EIP, 10 CS, 14 EFLAGS, 18 ESP, 1C SS
# They copy the registers to a `struct context` (signal.h) below the interrupted stack, change the frame so that it
# leads to `dispatch` on that stack, and return to the host: the exception is over before the signal handler begins.

        CONTEXT = 18 * 4                # bytes
        FRAME = 12                      # bytes pushed here above the host's frame

        .macro  for_each_vector what
        .irp    vector, 0x00, 0x03, 0x06, 0x0B, 0x0C, 0x0D, 0x0E, 0x10
        \what \vector
        .endr
        .endm

        .macro  handler vector
exception_\vector:
        pushl   $\vector
        jmp     common
        .endm

        .macro  row vector
        .long   \vector, exception_\vector
        .endm

        .text
        .globl  _exception_handlers, _dispatch_context
        for_each_vector handler

common: pushl   %ds
        pushl   %eax
        movw    %cs:_data_alias, %ds    # the data selector may be cut short; code reads the same memory
        pushl   %ebp
        pushl   %ecx
        leal    8(%esp), %ebp           # SS:EBP: EAX, DS, vector, the host's frame

        # Only because raise_soon() has cut the data segment short?
        movl    _raised, %ecx
        jecxz   1f
        movl    $0, _raised
        movl    %ecx, 8(%ebp)
        pushl   %ebx
        pushl   %edx
        movw    _data_selector, %bx
        movw    _usual_limit, %dx
        movw    _usual_limit + 2, %cx
        movl    $0x0008, %eax           # set segment limit
        int     $0x31
        popl    %edx
        popl    %ebx
1:
        # Is there a stack to go to?
        movl    FRAME + 0x18(%ebp), %eax
        movw    _data_selector, %cx
        cmpw    %cx, FRAME + 0x1C(%ebp)
        jne     no_stack
        cmpl    _lowest_stack, %eax
        jb      no_stack
place:  subl    $CONTEXT, %eax          # DS:EAX: the context

        movl    FRAME + 0x14(%ebp), %ecx
        movl    %ecx, 0x44(%eax)        # EFLAGS
        movzwl  FRAME + 0x10(%ebp), %ecx
        movl    %ecx, 0x40(%eax)        # CS
        movl    FRAME + 0x0C(%ebp), %ecx
        movl    %ecx, 0x3C(%eax)        # EIP
        movl    FRAME + 0x08(%ebp), %ecx
        movl    %ecx, 0x34(%eax)        # error code
        movl    8(%ebp), %ecx
        movl    %ecx, 0x30(%eax)        # vector
        movl    (%ebp), %ecx
        movl    %ecx, 0x2C(%eax)        # EAX
        popl    0x28(%eax)              # ECX, pushed last
        movl    %edx, 0x24(%eax)
        movl    %ebx, 0x20(%eax)
        popl    0x18(%eax)              # EBP
        movl    %esi, 0x14(%eax)
        movl    %edi, 0x10(%eax)
        movzwl  4(%ebp), %ecx
        movl    %ecx, 0x0C(%eax)        # DS
        movl    %es, %ecx
        movl    %ecx, 0x08(%eax)
        movl    %fs, %ecx
        movl    %ecx, 0x04(%eax)
        movl    %gs, %ecx
        movl    %ecx, (%eax)

        movl    %eax, FRAME + 0x18(%ebp)
        movl    $dispatch, FRAME + 0x0C(%ebp)
        movw    %cs, FRAME + 0x10(%ebp)
        movw    _data_selector, %cx
        movw    %cx, FRAME + 0x1C(%ebp)
        movw    %cx, %ds
        movw    %cx, %es
        andl    $0xFFFFFAFF, FRAME + 0x14(%ebp) # no trap flag, direction up
        addl    $FRAME, %esp
        lret

        # The fault came from another stack, or there is no room left on it: a spare one. There is no way back then.
no_stack:
        movl    $spare_stack_end, %eax
        jmp     place

        # On the program's stack, DS and ES the data selector.
dispatch:
        pushl   %esp
        call    _dispatch_context
        addl    $4, %esp
        popl    %gs
        popl    %fs
        popl    %es
        popl    %ds
        popal
        addl    $12, %esp               # vector, error code, status
        iretl

        .section .rodata,"dr"
_exception_handlers:                    # pairs: vector, handler
        for_each_vector row
        .long   -1

        .bss
        .balign 4
        .space  4096
spare_stack_end:
        .globl  _lowest_stack
_lowest_stack:
        .space  4
