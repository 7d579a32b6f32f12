-- returns  \0; phase, whether paused (1 byte each); admissions, window, checkout, waiting, in checkout, the seven counts (8 bytes each)
keep()
return pack('<BBBdddddddddddd', 0, phase(), isPaused, admissions, window, checkout, waiting, inCheckout,
    counts[1], counts[2], counts[3], counts[4], counts[5], counts[6], counts[7])
