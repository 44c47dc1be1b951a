; 0004h and 0005h are reserved; the Windows kernel calls them and hosts answer success. 0700h and 0701h likewise.
; Rule: DPMI 0.9, INT 31h AX=0004h, 0005h, 0700h, 0701h.
%include "guest.inc"
        call    enter_protected_mode
        call    new_selector
        dpmi    0004h
        check   nc, "0004h"
        dpmi    0005h
        check   nc, "0005h"
        pass
