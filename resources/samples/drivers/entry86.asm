; entry86: calls the API of entry.vxd in V86 mode: dpmiscope --vxd entry.vxd entry86.com

%include "v86.inc"
        find_driver 7F10h
        mov     ah, 0
        call    far [entry]             ; to ring 0 and back: an ARPL of the ROM is in between
        jc      failed
        mov     [version], ax
        say     [version], " is the driver's version."
        mov     ah, 1
        mov     si, text
        call    far [entry]
        say     cx, " letters were counted in ring 0."
        mov     ax, 4C00h
        int     21h
failed: mov     ax, 4C01h
        int     21h

version dw      0
text    db      "virtual machine", 0
