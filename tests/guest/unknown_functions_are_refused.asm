; A function that does not exist or is not offered fails with 8001h.
; Rule: DPMI 1.0, INT 31h: unsupported function.
%include "guest.inc"
        call    enter_protected_mode
        dpmi    0010h
        check_error 8001h, "0010h"
        dpmi    0307h
        check_error 8001h, "0307h"
        dpmi    1234h
        check_error 8001h, "1234h"
        dpmi    0FFFFh
        check_error 8001h, "FFFFh"
        dpmi    0A55h
        check_error 8001h, "0A55h"
        pass
