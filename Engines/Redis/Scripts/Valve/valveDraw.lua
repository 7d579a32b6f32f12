-- returns  \0, whether the draw was (1 byte each), the last number given before it (8), the seed (32); after the draw also the numbers of the
--          places that had ended before it (6 each)
keep()
return pack('<BBd', 0, isDrawn, lastDrawn) .. seed .. (isDrawn == 1 and call('GET', GONE) or '')
