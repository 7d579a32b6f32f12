-- returns  \0, whether the draw was, and 2 more where it is bound to who takes part (1 byte), the last number given before it (8), the
--          seed's hash (32), the length of the sealed seed (1) and that, or else the seed (32); after the draw also the numbers of the
--          places that had ended before it (6 each)
keep()
return pack('<BBd', 0, isDrawn + (isBound and 2 or 0), lastDrawn) .. seed .. (isBound and pack('<B', #sealed) .. sealed or '')
    .. (isDrawn == 1 and call('GET', GONE) or '')
