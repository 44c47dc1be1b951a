# The first instructions of every program, at the entry named in its COFF image: see ../stub.asm for what it finds.

        .text
        .globl  start, _stub, _code_selector, _data_selector
start:  cld
        movl    $_stub, %edi            # DS and ES reach the program's memory: keep the stub information there
        xorl    %esi, %esi
        movl    $STUB_SIZE, %ecx
        rep movsb %fs:(%esi), %es:(%edi)
        movw    %cs, _code_selector
        movw    %ds, _data_selector
        movl    %ds, %eax               # the stack lies at the end of that memory
        movl    %eax, %ss
        movl    _stub + 0x1C, %esp
        xorl    %eax, %eax
        movl    %eax, %fs               # FS and GS are not used
        movl    %eax, %gs
        xorl    %ebp, %ebp
        call    _run_program            # never returns

        .bss
        .balign 4
_stub:  .space  0x54
        STUB_SIZE = . - _stub
_code_selector:
        .space  2
_data_selector:
        .space  2
