; INT 21h AH=4Bh in protected mode: a child with its tail, control blocks and environment, a child loaded, an overlay.
; Rule: reference 6.6 (4Bh is on the list of a DOS translator) and 8.4: EXEC of clients by clients.
%include "guest.inc"
%include "child.inc"
%macro pointer 2                        ; into the block, what
  %if WIDTH == 32
        mov     dword [%1], %2
        mov     [%1 + 4], ds
  %else
        mov     word [%1], %2
        mov     [%1 + 2], ds
  %endif
%endmacro
%macro run_from_protected 1             ; letter -> AX: INT 21h AH=4Dh
        mov     byte [child_tail + 2], %1
        mov     xdx, child_path
        mov     xbx, block
        mov     ax, 4B00h
        int     21h
        check   nc, "the child can be started"
        cmp     xbx, block
        check   e, "(E)BX is kept"
        cmp     xdx, child_path
        check   e, "(E)DX is kept"
        mov     ah, 4Dh
        int     21h
%endmacro
        call    enter_protected_mode
        push    ds
        pop     es
%if WIDTH == 32
        pointer block, child_tail
        pointer block + 6, first_block
        pointer block + 12, second_block
%else
        mov     word [block], 0
        pointer block + 2, child_tail
        pointer block + 6, first_block
        pointer block + 10, second_block
%endif
        run_from_protected 'a'
        cmp     ax, 0021h
        check   e, "a real-mode child has got its blocks and the parent's environment"
        run_from_protected 'b'
        cmp     ax, 0022h
        check   e, "a child that is a client, too"
%if WIDTH == 16
        mov     eax, strings            ; not at a paragraph: it has to be copied
        mov     ecx, 15
        call    new_segment
        mov     [block], bx
        run_from_protected 'c'
        cmp     ax, 0023h
        check   e, "an environment of its own"
        mov     word [block], 0
%endif
        mov     xdx, missing
        mov     xbx, block
        mov     ax, 4B00h
        int     21h
        check   c, "a program there is not"
        cmp     ax, 2
        check   e, "file not found"
        mov     word [block], 0         ; no segment real mode knows
        mov     word [block + 2], 0
        mov     xdx, child_path
        mov     xbx, block
        mov     ax, 4B03h
        int     21h
        check   c, "4B03h: an overlay at a null selector"
        cmp     ax, 9
        check   e, "there is no such block"
        mov     bx, 400h
        dpmi    0100h
        check   nc, "DOS memory for an overlay"
        mov     [block], dx
        mov     word [block + 2], 0
        mov     fs, dx
        mov     [overlay], dx
        mov     xdx, child_path
        mov     xbx, block
        mov     ax, 4B03h
        int     21h
        check   nc, "4B03h: an overlay"
        mov     eax, [fs:0]
        cmp     eax, [100h]
        check   e, "it is there"
        mov     dx, [overlay]
        dpmi    0101h
        check   nc, "free it"
%if WIDTH == 32
        pointer block, child_tail
%else
        mov     word [block], 0
        pointer block + 2, child_tail
%endif
        mov     xdx, child_path
        mov     xbx, block
        mov     ax, 4B01h
        int     21h
        check   nc, "4B01h: load and do not run"
        mov     ah, 51h
        int     21h
        call    get_base
        shr     eax, 4
        cmp     ax, [answer + 6]
        check   e, "CS of a .COM program is its PSP, the current one now"
        cmp     word [answer + 4], 100h
        check   e, "and IP is 100h"
        cmp     ax, [answer + 2]
        check   e, "SS is the same"
        mov     bx, [psp_selector]
        mov     ah, 50h
        int     21h
        pass

child:  cmp     al, 'b'
        je      .client
        mov     es, [2Ch]
        cmp     al, 'c'
        je      .own
        cmp     dword [es:0], "COMS"
        jne     .wrong
        cmp     dword [5Dh], "FIRS"
        jne     .wrong
        cmp     dword [6Dh], "SECO"
        jne     .wrong
        mov     ax, 4C21h
        int     21h
.own:   cmp     dword [es:0], "MARK"
        jne     .wrong
        cmp     dword [es:7], "LAST"
        jne     .wrong
        mov     ax, 4C23h
        int     21h
.client:
        call    enter_protected_mode
        mov     ax, 4C22h
        int     21h
.wrong: mov     ax, 4C99h
        int     21h

        section .data
first_block db  0, "FIRST   TXT", 0, 0, 0, 0
second_block db 0, "SECOND  TXT", 0, 0, 0, 0
missing db      "NOWHERE.COM", 0
        align   16
        db      0
strings db      "MARK=1", 0, "LAST=2", 0, 0
        section .bss
        alignb  4
overlay resw    1
block   resb    18 + 8
%if WIDTH == 32
answer  equ     block + 18
%else
answer  equ     block + 14
%endif
