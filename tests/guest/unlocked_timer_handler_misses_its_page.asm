; A handler of hardware interrupts that uses unlocked memory and pageable DOS memory; outside of it both come back by
; themselves, in real mode too.
; Rule: DPMI 0.9, INT 31h AX=0602h, 0603h; reference, section 10.
; options: --paging strict
%include "guest.inc"
%macro region 1                         ; function, over the two pages of DOS memory
        mov     bx, [page + 2]
        mov     cx, [page]
        xor     si, si
        mov     di, 2000h
        dpmi    %1
%endmacro
        call    enter_protected_mode
        mov     bl, 0Eh
        mov     cx, cs
        mov     xdx, fault
        dpmi    0212h
        check   nc, "0212h"
        mov     bx, 300h
        dpmi    0100h
        check   nc, "0100h"
        mov     [selector], dx
        movzx   eax, ax
        shl     eax, 4
        mov     ecx, eax
        add     eax, 0FFFh
        and     eax, 0FFFFF000h
        mov     [page], eax
        sub     eax, ecx
        mov     [offset], eax
        shr     ecx, 4
        mov     [segment_dos], cx
        region  0602h
        check   nc, "0602h"
        region  0602h
        check_error 8002h, "0602h twice"
        mov     es, [selector]
        mov     esi, [offset]
        mov     dword [es:esi], 12345678h
        real_call procedure             ; the host is entered: the page goes
        cmp     dword [regs + rm.eax], 12345678h
        check   e, "real mode gets it back"
        cmp     word [faults], 0
        check   e, "without anybody noticing"
        get_vector 8, old
        set_vector 8, timer
        wait_for ticks, 1
        restore_vector 8, old
        cmp     word [faults], 1
        check   e, "in the handler it is missing"
        mov     eax, [page]
        cmp     [address], eax
        check   e, "at its address"
        region  0603h
        check   nc, "0603h"
        region  0603h
        check_error 8002h, "0603h twice"
        mov     dword [ticks], 0
        set_vector 8, timer
        wait_for ticks, 1
        restore_vector 8, old
        cmp     word [faults], 1
        check   e, "locked again it is there"
        mov     es, [selector]
        mov     esi, [offset]
        cmp     dword [es:esi], 12345678h
        check   e, "with its contents"
        region  0602h                   ; and the program ends with it
        pass
procedure:                              ; real mode
        push    ds
        mov     si, [offset]
        mov     ds, [segment_dos]
        mov     eax, [si]
        pop     ds
        retf
timer:  push    ds
        push    es
        push    eax
        push    esi
        mov     ds, [cs:data_selector]
        mov     es, [selector]
        mov     esi, [offset]
        mov     eax, [es:esi]
after:  inc     dword [ticks]
        pop     esi
        pop     eax
        pop     es
        pop     ds
        far_jump [cs:old]
fault:  push    xbp
        mov     xbp, xsp
        push    ds
        push    eax
        mov     ds, [cs:data_selector]
        inc     word [faults]
        mov     eax, [ss:xbp + W + 50h]
        mov     [address], eax
        mov     word [ss:xbp + W + 2Ch], after
        pop     eax
        pop     ds
        pop     xbp
        add     xsp, 20h
        retfx
        section .bss
page    resd    1
offset  resd    1
address resd    1
ticks   resd    1
old     resb    6
selector resw   1
segment_dos resw 1
faults  resw    1
