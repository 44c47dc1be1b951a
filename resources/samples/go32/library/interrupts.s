# Called by the code in a `struct interrupt_hook` (interrupt.h): the return address lies 5 bytes into the structure.
# On the stack, most often the host's locked one, follows the frame of the interrupt. All registers are kept.

        CODE = 5                        # bytes of the call
        PROCEDURE = 12 - CODE           # offsets from the return address
        RUNNING = 16 - CODE
        HOST_STACK = 20 - CODE
        STACK_END = 28 + 4096 - CODE

        .text
        .globl  _interrupt_entry
_interrupt_entry:
        pushl   %ds
        pushl   %es
        pushal
        cld
        movw    %cs:_data_alias, %ds
        pushl   %ds
        popl    %es
        movl    40(%esp), %ebx          # behind eight registers, ES and DS
        cmpl    $0, RUNNING(%ebx)
        jne     1f
        incl    RUNNING(%ebx)
        movl    %esp, HOST_STACK(%ebx)
        movw    %ss, HOST_STACK + 4(%ebx)
        movl    %ds, %eax
        movl    %eax, %ss
        leal    STACK_END(%ebx), %esp
        call    *PROCEDURE(%ebx)
        lssl    HOST_STACK(%ebx), %esp
        decl    RUNNING(%ebx)
1:      popal
        popl    %es
        popl    %ds
        ret
