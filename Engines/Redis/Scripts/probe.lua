-- Writes nothing, by the commands that decisions need: SET of a key that is not there, only if it is there.
--
-- KEYS[1]  a key that nobody makes
-- returns  nil
return redis.call('SET', KEYS[1], '', 'XX')
