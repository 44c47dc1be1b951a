# What the host enters for a real-mode callback, on the locked protected-mode stack:
#   DS:ESI = the real-mode stack, ES:EDI = the real mode call structure, which begins a `struct callback` (callback.h)

        HANDLER = 0x34
        RUNNING = 0x38
        HOST_STACK = 0x3C
        NEXT = 0x44
        STACK_END = 0x4C + 8192

        .text
        .globl  _far_callback, _interrupt_callback

        # Reached by a far call: real mode is to go on at the return address on its stack.
_far_callback:
        cld
        movl    (%esi), %eax
        movl    %eax, %es:0x2A(%edi)    # IP and CS
        addw    $4, %es:0x2E(%edi)      # SP
        jmp     call_handler

        # Reached by an interrupt: on to the handler before, which finds the stack as it is.
_interrupt_callback:
        cld
        movl    %es:NEXT(%edi), %eax
        movl    %eax, %es:0x2A(%edi)

call_handler:
        movl    %es, %eax
        movl    %eax, %ds
        cmpl    $0, RUNNING(%edi)
        jne     back
        incl    RUNNING(%edi)
        movl    %esp, HOST_STACK(%edi)
        movw    %ss, HOST_STACK + 4(%edi)
        movl    %eax, %ss
        leal    STACK_END(%edi), %esp
        pushl   %edi
        call    *HANDLER(%edi)
        lssl    HOST_STACK(%edi), %esp
        decl    RUNNING(%edi)
back:   iretl                           # ES:EDI is the structure still
