-- The end of a script of one request: stores what finish.lua says, and answers.
--
-- Kept until it is as good as fresh. A clock that was given in is a test's, and no measure for the server's own.
if remembered and live then
    call('SET', KEYS[2], remembered, 'PXAT', floor((at + KEPT) / 1000) + 1)
elseif remembered then
    call('SET', KEYS[2], remembered)
end
if text and live then
    call('SET', KEYS[1], text, 'PXAT', floor(kept / 1000) + 1)
elseif text then
    call('SET', KEYS[1], text)
end
return isNew and '\6' .. sub(answer, 2) or answer
