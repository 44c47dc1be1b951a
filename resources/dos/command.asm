; COMMAND.COM of drive C: where the mounted folder has none: it runs one program and gives back its return code.
;
;       COMMAND /C PROGRAM ARGUMENTS            as the system() of C run-times calls it
;
; PROGRAM is looked for in the current directory and in those of PATH, as .COM and .EXE; `<FILE`, `>FILE` and `>>FILE`
; redirect its standard input and output. There are no internal commands, no batch files and no prompt.
; Built by: nasm -f bin command.asm -o command.com

        cpu     386
        bits    16
        org     100h

CR      equ     13
STDERR  equ     2
NOT_RUN equ     1                       ; return code when no program was run
DIRECTORY equ   10h
LONGEST equ     128                     ; of a folder's name in PATH

start:  mov     sp, stack_top
        mov     bx, stack_top + 15
        shr     bx, 4
        mov     ah, 4Ah                 ; the rest of memory is for the program
        int     21h
        cld
        mov     si, 81h
.option:
        lodsb
.look:  cmp     al, CR
        je      .usage
        cmp     al, '/'
        jne     .option
        lodsb
        or      al, 20h
        cmp     al, 'c'
        je      .command
        dec     si                      ; may be the end
        jmp     .option
.usage: mov     dx, text_usage
        jmp     fail

; The command, without its redirections, to `line`.
.command:
        mov     di, line
.letter:
        lodsb
        cmp     al, '<'
        je      redirect_input
        cmp     al, '>'
        je      redirect_output
        stosb
        cmp     al, '"'
        je      .quoted
        cmp     al, CR
        jne     .letter
        jmp     split
.quoted:
        lodsb
        stosb
        cmp     al, CR
        je      split
        cmp     al, '"'
        jne     .quoted
        jmp     .letter

redirect_input:
        call    take_name
        mov     ax, 3D00h
        int     21h
        mov     dx, text_no_file
        jc      fail
        mov     cx, 0
        jmp     take_handle
redirect_output:
        cmp     byte [si], '>'
        je      .append
        call    take_name
.create:
        mov     ah, 3Ch
        xor     cx, cx
        int     21h
        mov     dx, text_no_output
        jc      fail
        mov     cx, 1
        jmp     take_handle
.append:
        inc     si
        call    take_name
        mov     ax, 3D01h
        int     21h
        mov     dx, name
        jc      .create
        mov     bx, ax
        mov     ax, 4202h
        xor     cx, cx
        xor     dx, dx
        int     21h
        mov     ax, bx
        mov     cx, 1
take_handle:                            ; AX = opened, CX = standard handle
        mov     bx, ax
        mov     ah, 46h
        int     21h
        mov     ah, 3Eh
        int     21h
        jmp     start.letter

take_name:                              ; SI = behind < or > -> DX = name
        push    di
        call    skip_blanks
        mov     di, name
.next:  mov     al, [si]
        cmp     al, ' '
        jbe     .end
        cmp     al, '<'
        je      .end
        cmp     al, '>'
        je      .end
        movsb
        jmp     .next
.end:   mov     byte [di], 0
        mov     dx, name
        pop     di
        ret

skip_blanks:
        cmp     byte [si], ' '
        je      .one
        cmp     byte [si], 9
        jne     .done
.one:   inc     si
        jmp     skip_blanks
.done:  ret

; `line` into the program's name and its command tail, which begins with a blank.
split:  mov     si, line
        call    skip_blanks
        mov     di, program
.name:  mov     al, [si]
        cmp     al, ' '
        jbe     .named
        cmp     al, '/'
        je      .named
        movsb
        jmp     .name
.named: mov     byte [di], 0
        cmp     di, program
        je      finish                  ; nothing to do: AL is of no matter
        push    si
        mov     di, tail + 1
.tail:  lodsb
        stosb
        cmp     al, CR
        jne     .tail
        sub     di, tail + 2
        mov     ax, di
        mov     [tail], al
        pop     si
        mov     ax, 2901h               ; the first two arguments as file control blocks
        mov     di, 5Ch
        int     21h
        mov     ax, 2901h
        mov     di, 6Ch
        int     21h

; Where is it?
        mov     di, path
        call    try
        mov     si, program             ; a name with a path is not looked for elsewhere
.path:  lodsb
        cmp     al, '\'
        je      not_found
        cmp     al, ':'
        je      not_found
        test    al, al
        jnz     .path
        mov     fs, [2Ch]
        xor     si, si
.variable:
        cmp     byte [fs:si], 0
        je      not_found
        cmp     dword [fs:si], "PATH"
        jne     .next
        cmp     byte [fs:si + 4], '='
        je      .found
.next:  fs lodsb
        test    al, al
        jnz     .next
        jmp     .variable
.found: add     si, 5
.folder:
        mov     di, path
.part:  fs lodsb
        cmp     al, ';'
        je      .here
        test    al, al
        jz      .here
        cmp     di, path + LONGEST
        je      .part
        stosb
        jmp     .part
.here:  push    ax
        cmp     di, path
        je      .empty
        cmp     byte [di - 1], '\'
        je      .joined
        mov     byte [di], '\'
        inc     di
.joined:
        push    si
        call    try
        pop     si
.empty: pop     ax
        test    al, al
        jnz     .folder
not_found:
        mov     dx, text_not_found
fail:   mov     si, dx                  ; DX = counted message
        lodsb
        movzx   cx, al
        mov     dx, si
        mov     bx, STDERR
        mov     ah, 40h
        int     21h
        mov     al, NOT_RUN
        jmp     exit

try:    mov     si, program             ; DI = where the name goes in `path`; does not return if it is there
        xor     bx, bx
.copy:  lodsb
        stosb
        cmp     al, '.'
        jne     .no_dot
        mov     bx, di
.no_dot:
        cmp     al, '\'
        jne     .no_slash
        xor     bx, bx
.no_slash:
        test    al, al
        jnz     .copy
        test    bx, bx
        jnz     try_path                ; it has an extension
        dec     di
        mov     dword [di], ".COM"
        mov     byte [di + 4], 0
        call    try_path
        mov     dword [di], ".EXE"
try_path:
        mov     dx, path
        mov     ax, 4300h
        int     21h
        jc      .not_there
        test    cl, DIRECTORY
        jnz     .not_there
        mov     ax, cs
        mov     [block.tail + 2], ax
        mov     [block.first + 2], ax
        mov     [block.second + 2], ax
        mov     bx, block
        mov     ax, 4B00h
        int     21h
        jnc     finish
        mov     dx, text_no_program
        jmp     fail
.not_there:
        ret

finish: mov     ah, 4Dh                 ; AL = the program's return code
        int     21h
exit:   mov     ah, 4Ch
        int     21h

%macro message 2
%1      db      %%end - $ - 1, %2, CR, 10
%%end:
%endmacro
        message text_usage, "This COMMAND.COM runs one program: COMMAND /C PROGRAM ARGUMENTS"
        message text_not_found, "Bad command or file name"
        message text_no_program, "This program cannot be run"
        message text_no_file, "File not found"
        message text_no_output, "File creation error"

        align   2
block:          dw      0               ; the environment is our own
.tail:          dw      tail, 0
.first:         dw      5Ch, 0
.second:        dw      6Ch, 0

        section .bss
line            resb    132
name            resb    132
program         resb    132
tail            resb    132
path            resb    LONGEST + 132 + 5
                alignb  2
                resb    512
stack_top:
