; What system() of C run-times does: COMSPEC is started with "/C PROGRAM ARGUMENTS", from real and from protected mode.
; Rule: README, the command line: C:\COMMAND.COM runs one program, finds it by PATH, redirects it, gives its code back.
%include "guest.inc"
%include "child.inc"
        mov     si, child_path          ; " /C NAME x >OUT.TXT"
.last:  mov     bx, si
.next:  lodsb
        cmp     al, '\'
        je      .last
        test    al, al
        jnz     .next
        push    ds
        pop     es
        mov     si, bx
        mov     di, command_name
.copy:  lodsb
        cmp     al, '.'
        je      .named
        stosb
        jmp     .copy
.named: mov     si, command_rest
        mov     cx, command_rest_end - command_rest
        rep     movsb
        sub     di, command + 2
        mov     ax, di
        mov     [command], al
        call    exec_real
        check   nc, "there is an interpreter"
        mov     ah, 4Dh
        int     21h
        cmp     ax, 33
        check   e, "the program's code"
        call    check_output
        mov     dx, folder
        mov     ah, 39h
        int     21h
        mov     dx, folder
        mov     ah, 3Bh
        int     21h
        check   nc, "elsewhere"
        call    enter_protected_mode
        push    ds
        pop     es
%if WIDTH == 32
        mov     dword [block], command
        mov     [block + 4], ds
        mov     dword [block + 6], 5Ch
        mov     [block + 10], es
        mov     dword [block + 12], 6Ch
        mov     [block + 16], es
%else
        mov     word [block], 0
        mov     word [block + 2], command
        mov     [block + 4], ds
        mov     word [block + 6], 5Ch
        mov     [block + 8], ds
        mov     word [block + 10], 6Ch
        mov     [block + 12], ds
%endif
        mov     xdx, interpreter
        mov     xbx, block
        mov     ax, 4B00h
        int     21h
        check   nc, "from protected mode"
        mov     ah, 4Dh
        int     21h
        cmp     ax, 33
        check   e, "found by PATH"
        mov     xdx, up
        mov     ah, 3Bh
        int     21h
        mov     xdx, output_there
        mov     ah, 41h
        int     21h
        check   nc, "its output went to where it was started"
        mov     xdx, folder
        mov     ah, 3Ah
        int     21h
        check   nc, "clean up"
        mov     byte [command_name], '?'
        mov     xdx, interpreter
        mov     xbx, block
        mov     ax, 4B00h
        int     21h
        mov     ah, 4Dh
        int     21h
        cmp     ax, 1
        check   e, "a program there is not"
        mov     xdx, interpreter
        mov     cx, 20h
        mov     ax, 4300h
        int     21h
        check   nc, "its attributes"
        test    cl, 2
        check   nz, "it is hidden"
        mov     xdx, output
        mov     ah, 41h
        int     21h
        check   nc, "the redirection is done before the program is looked for"
        pass

exec_real:
        mov     ax, ds
        mov     word [block], 0
        mov     word [block + 2], command
        mov     [block + 4], ax
        mov     word [block + 6], 5Ch
        mov     [block + 8], ax
        mov     word [block + 10], 6Ch
        mov     [block + 12], ax
        mov     dx, interpreter
        mov     bx, block
        mov     ax, 4B00h
        int     21h
        ret

check_output:
        mov     dx, output
        mov     ax, 3D00h
        int     21h
        check   nc, "its output is in a file"
        mov     bx, ax
        mov     dx, buffer
        mov     cx, 3
        mov     ah, 3Fh
        int     21h
        cmp     ax, 2
        check   e, "all of it"
        cmp     word [buffer], "ok"
        check   e, "its words"
        mov     ah, 3Eh
        int     21h
        mov     dx, output
        mov     ah, 41h
        int     21h
        ret

child:  cmp     al, 'x'
        jne     .wrong
        mov     dl, 'o'
        mov     ah, 2
        int     21h
        mov     dl, 'k'
        int     21h
        mov     ax, 4C21h
        int     21h
.wrong: mov     ax, 4C99h
        int     21h

        section .data
interpreter db  "C:\COMMAND.COM", 0
folder  db      "SUBDIR", 0
up      db      "..", 0
output  db      "OUT.TXT", 0
output_there db "SUBDIR\OUT.TXT", 0
command_rest db " x>OUT.TXT", 13
command_rest_end:
command db      0, " /C "
command_name times 40 db 0
        section .bss
        alignb  2
block   resb    18
buffer  resb    4
