# int int31(struct dpmi_registers *registers): INT 31h with these registers; true if the carry flag came back set.
# The structure: EAX, EBX, ECX, EDX, ESI, EDI. ES is the program's data selector.

        .text
        .globl  _int31
_int31: pushl   %ebx
        pushl   %esi
        pushl   %edi
        pushl   %ebp
        movl    20(%esp), %ebp
        movl    (%ebp), %eax
        movl    4(%ebp), %ebx
        movl    8(%ebp), %ecx
        movl    12(%ebp), %edx
        movl    16(%ebp), %esi
        movl    20(%ebp), %edi
        int     $0x31
        movl    %eax, (%ebp)
        movl    %ebx, 4(%ebp)
        movl    %ecx, 8(%ebp)
        movl    %edx, 12(%ebp)
        movl    %esi, 16(%ebp)
        movl    %edi, 20(%ebp)
        sbbl    %eax, %eax              # -1 if the carry flag is set, else 0
        popl    %ebp
        popl    %edi
        popl    %esi
        popl    %ebx
        ret
