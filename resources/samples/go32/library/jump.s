# int set_jump(jump_place place); void jump(jump_place place, int value)

        .text
        .globl  _set_jump, _jump
_set_jump:
        movl    4(%esp), %edx
        movl    %ebx, (%edx)
        movl    %esi, 4(%edx)
        movl    %edi, 8(%edx)
        movl    %ebp, 12(%edx)
        leal    4(%esp), %ecx           # the stack as it is behind the return
        movl    %ecx, 16(%edx)
        movl    (%esp), %ecx
        movl    %ecx, 20(%edx)
        xorl    %eax, %eax
        ret
_jump:  movl    4(%esp), %edx
        movl    8(%esp), %eax
        movl    (%edx), %ebx
        movl    4(%edx), %esi
        movl    8(%edx), %edi
        movl    12(%edx), %ebp
        movl    16(%edx), %esp
        jmp     *20(%edx)
