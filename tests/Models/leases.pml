/*
 * Leases of permits: one key's owner, those who hold permits in advance, and the messages between them. Explored exhaustively by check.sh;
 * what is modelled, and what the numbers stand for, is in README.md beside this.
 *
 * One permit flows a tick, and a bucket holds CAP. Time has no end: every instant is kept as what is left to it, so that the states are
 * finite. What was spent is charged, at that instant, to a plain bucket that knows nothing of leases (plain): whatever is left at the owner
 * and may still be spent by holders must be in it, so that every schedule with leases is one of a key without, and its row holds.
 *
 * Which faults may happen: REFUND, RESET, CHANGE (of the policy), HANDOVER, CRASH, TWO (owners for a while); messages are always lost,
 * doubled, late and out of order, timers always differ, and holders always die. A mutant is one more definition, MUTANT_...: the rule that
 * it breaks is where the name stands. ONE: there is one lease at a time, not two.
 */
#ifndef CAP
#define CAP 2       /* the larger capacity, where a policy changes */
#endif
#define IDS 2       /* leases that are known of at a time, each with a holder and a timer of its own */
#define LIFE 3      /* ticks that the owner keeps a place, from when it is asked */
#ifdef MUTANT_NO_MARGIN
#define HOLD 3      /* ticks of its own timer that a holder spends, from before it asks */
#else
#define HOLD 2
#endif
#define SKIP 2      /* a holder's timer may miss one tick in SKIP + 1 of the owner's */

#define FREE 0      /* states of a lease, as its holder knows it */
#define CALLED 1
#define HELD 2
#define DONE 3

/* Messages: kind, lease and permits in one number. Two are under way at a time, the larger number first. */
#define CALL 1
#define REPLY 2
#define RETURN 3
#define OLD 4       /* a reply from before a crash */
#define MESSAGE(kind, lease, permits) ((kind) * 64 + (lease) * 16 + (permits))
#define KIND(message) ((message) / 64)
#define LEASE(message) (((message) / 16) % 4)
#define PERMITS(message) ((message) % 16)

byte cap = CAP;
byte level[2];              /* of the owner, and of a second one */
byte frozen[2];             /* ticks in which nothing flows: what was out when the state was closed */
byte lent[4];
byte ends[4];
bool two;
byte storedLevel = CAP;     /* what is stored of the owner: closed, and lived through until it is read */
byte storedFrozen;
byte state[IDS];
byte left[IDS];
byte passed[IDS];           /* ticks of the holder's own timer since it asked */
byte sinceSkip[IDS];
bool orphan[IDS];           /* given out by an owner that crashed */
short message[2];
short plain = CAP;          /* what a plain key has */
byte beside;                /* what was out at a crash: that much more may be spent */
byte crashes;
byte resets;
byte changes;

short i, k, m, n, w, g, most;     /* scratch: zero between steps */

inline Out(who) {
    k = 0;
    for (n : 0 .. IDS - 1) { k = k + lent[(who) * IDS + n] }
}

/* the larger message first: what order they are kept in makes no difference */
inline Sort() {
    if
    :: message[0] < message[1] -> m = message[0]; message[0] = message[1]; message[1] = m
    :: else
    fi
}

/* what may still be spent: by holders, and by those who will hear that they were given something */
inline Held(all) {
    w = 0;
    for (n : 0 .. IDS - 1) {
        if
        :: state[n] == HELD && passed[n] < HOLD && (all || !orphan[n]) -> w = w + left[n]
        :: state[n] == CALLED && passed[n] < HOLD ->
            m = 0;
            for (i : 0 .. 1) {
                if
                :: (KIND(message[i]) == REPLY || (all && KIND(message[i]) == OLD)) && LEASE(message[i]) == n && PERMITS(message[i]) > m
                    -> m = PERMITS(message[i])
                :: else
                fi
            }
            w = w + m
        :: else
        fi
    }
}

/* the invariant, after every step */
inline Check() {
    d_step {
        Sort();
        Held(false);
        assert(level[0] + level[1] + w <= plain);
        Out(0);
        assert(level[0] + (k > cap -> cap : k) <= cap);
        i = 0; k = 0; m = 0; n = 0; w = 0; g = 0; most = 0
    }
}

/* a permit was spent */
inline Spend(fromOrphan) {
    if
    :: fromOrphan -> assert(beside > 0); beside--
    :: else -> assert(plain > 0); plain--
    fi
}

inline End(lease) {
    state[lease] = DONE; left[lease] = 0; passed[lease] = 0; sinceSkip[lease] = 0; orphan[lease] = false
}

/* lost where two are under way already */
inline Send(what) {
    if
    :: message[0] == 0 -> message[0] = what
    :: message[0] != 0 && message[1] == 0 -> message[1] = what
    :: else
    fi
}

inline Flow(who) {
    Out(who);
    if
    :: frozen[who] > 0 -> frozen[who]--
#ifdef MUTANT_NO_CAP
    :: frozen[who] == 0 && level[who] < cap -> level[who]++
#else
    :: frozen[who] == 0 && level[who] + k < cap -> level[who]++
#endif
    :: else
    fi;
    for (n : who * IDS .. who * IDS + IDS - 1) {
        if
        :: ends[n] > 1 -> ends[n]--
        :: ends[n] == 1 ->
#ifdef MUTANT_EXPIRED_GIVEN_BACK
            level[who] = (level[who] + lent[n] > cap -> cap : level[who] + lent[n]);
#endif
            ends[n] = 0; lent[n] = 0
        :: else
        fi
    }
}

inline Tick() {
    d_step {
        Flow(0);
        if :: two -> Flow(1) :: else fi;
        if
        :: storedFrozen > 0 -> storedFrozen--
        :: storedFrozen == 0 && storedLevel < cap -> storedLevel++
        :: else
        fi;
        most = (two -> 2 * CAP : CAP);
        if :: plain < most -> plain++ :: else fi;
        if :: two && plain < most -> plain++ :: else fi;

        /* who spends at the last moment does so when this has flowed */
        Held(false);
        assert(level[0] + level[1] + w <= plain)
    }
    for (n : 0 .. IDS - 1) {
        if
        :: (state[n] == CALLED || state[n] == HELD) && sinceSkip[n] >= SKIP -> sinceSkip[n] = 0
        :: (state[n] == CALLED || state[n] == HELD) ->
            passed[n] = (passed[n] < HOLD -> passed[n] + 1 : HOLD);
            sinceSkip[n] = (sinceSkip[n] < SKIP -> sinceSkip[n] + 1 : SKIP)
        :: state[n] == FREE || state[n] == DONE -> skip
        fi;
        if
        :: state[n] == HELD && passed[n] >= HOLD -> End(n)
        :: else
        fi
    }
}

/* closed: what is out counts as used for good, and nothing flows until the last of it has ended */
inline Close(who) {
    w = frozen[who];
    for (n : who * IDS .. who * IDS + IDS - 1) {
        w = (ends[n] > w -> ends[n] : w);
        lent[n] = 0; ends[n] = 0
    }
#ifdef MUTANT_NOT_CLOSED
    w = 0;
#endif
    frozen[who] = w
}

/* an owner takes a message; it may come again */
inline Take(who, slot) {
    m = message[slot];
    i = LEASE(m);
    if
    :: message[slot] = 0
    :: skip
    fi;
    d_step {
        Out(who);
        g = 0;
        if
        :: KIND(m) == CALL && lent[who * IDS + i] > 0 -> g = lent[who * IDS + i]    /* asked for twice: told again */
        :: KIND(m) == CALL && lent[who * IDS + i] == 0 ->
            g = (PERMITS(m) < level[who] -> PERMITS(m) : level[who]);
            if
            :: g > 0 ->
#ifndef MUTANT_NOT_DEBITED
                level[who] = level[who] - g;
#endif
                lent[who * IDS + i] = g;
#ifdef MUTANT_FREED_EARLY
                ends[who * IDS + i] = LIFE - 1
#else
                ends[who * IDS + i] = LIFE
#endif
            :: else
            fi
        :: else ->
            w = (lent[who * IDS + i] < PERMITS(m) -> lent[who * IDS + i] : PERMITS(m));
#ifdef MUTANT_RETURNED_IN_FULL
            w = lent[who * IDS + i];
#endif
#ifdef MUTANT_RETURNED_TWICE
            w = PERMITS(m);
#endif
            k = k - lent[who * IDS + i];
            lent[who * IDS + i] = 0; ends[who * IDS + i] = 0;
            level[who] = (level[who] + w + k > cap -> (k > cap -> 0 : cap - k) : level[who] + w)
        fi;
        if
        :: g > 0 -> Send(MESSAGE(REPLY, i, g))
        :: else
        fi
    }
}

/* a holder hears that it was given a lease; the reply may come again */
inline Hear(slot) {
    m = message[slot];
    i = LEASE(m);
    if
    :: message[slot] = 0
    :: skip
    fi;
    if
#ifdef MUTANT_HEARD_TWICE
    :: (state[i] == CALLED || state[i] == HELD) && passed[i] < HOLD ->
#else
    :: state[i] == CALLED && passed[i] < HOLD ->
#endif
        state[i] = HELD; left[i] = PERMITS(m); orphan[i] = (KIND(m) == OLD);
#ifdef MUTANT_COUNTED_FROM_RECEIPT
        passed[i] = 0;
#endif
    :: state[i] == CALLED && passed[i] >= HOLD -> End(i)
    :: else
    fi
}

/* a holder's steps */
#define HOLDER(h) \
    :: atomic { state[h] == FREE && message[1] == 0 -> \
        if :: g = 1 :: g = 2 fi; \
        state[h] = CALLED; sinceSkip[h] = SKIP; Send(MESSAGE(CALL, h, g)); Check() } \
    :: atomic { state[h] == CALLED && message[1] == 0 -> ASKED_AGAIN(h); Send(MESSAGE(CALL, h, 1)); Check() } \
    :: atomic { state[h] == HELD && left[h] > 0 && passed[h] < HOLD -> left[h]--; Spend(orphan[h]); Check() } \
    :: atomic { state[h] == HELD -> Send(MESSAGE(RETURN, h, left[h])); SENT_BACK(h); Check() } \
    :: atomic { state[h] == HELD || state[h] == CALLED -> End(h); Check() } \
    :: atomic { state[h] == DONE && lent[h] == 0 && lent[IDS + h] == 0 \
        && (message[0] == 0 || LEASE(message[0]) != h) && (message[1] == 0 || LEASE(message[1]) != h) -> state[h] = FREE; Check() }

#ifdef MUTANT_COUNTED_FROM_ASKING_AGAIN
#define ASKED_AGAIN(h) passed[h] = 0
#else
#define ASKED_AGAIN(h) skip
#endif
#ifdef MUTANT_SPENT_AFTER_RETURN
#define SENT_BACK(h) skip
#else
#define SENT_BACK(h) End(h)
#endif

/* a message in a slot is taken, heard, or lost */
#define NETWORK(slot) \
    :: atomic { KIND(message[slot]) == CALL || KIND(message[slot]) == RETURN -> Take(0, slot); Check() } \
    :: atomic { two && (KIND(message[slot]) == CALL || KIND(message[slot]) == RETURN) -> Take(1, slot); Check() } \
    :: atomic { KIND(message[slot]) == REPLY || KIND(message[slot]) == OLD -> Hear(slot); Check() } \
    :: atomic { message[slot] != 0 -> message[slot] = 0; Check() }

active proctype World() {
#ifdef CHANGE
    if :: cap = CAP :: cap = CAP - 1 fi;
    plain = cap;
#endif
    level[0] = cap;
    do
    :: atomic { true -> Tick(); Check() }

    /* an owner admits a plain request */
    :: atomic { level[0] > 0 -> level[0]--; Spend(false); Check() }
    :: atomic { level[1] > 0 -> level[1]--; Spend(false); Check() }

    NETWORK(0)
    NETWORK(1)
    HOLDER(0)
#ifndef ONE
    HOLDER(1)
#endif
#ifdef REFUND
    :: atomic { plain < CAP ->
        d_step {
            Out(0);
            plain++;
#ifdef MUTANT_REFUND_FILLS
            level[0] = (level[0] < cap -> level[0] + 1 : level[0])
#else
            level[0] = (level[0] + k < cap -> level[0] + 1 : level[0])
#endif
        }
        Check() }
#endif
#ifdef RESET
    /* a new key, but for what is out */
    :: atomic { resets < 1 ->
        d_step {
            resets++;
            Out(0);
            plain = CAP;
#ifdef MUTANT_RESET_FORGETS
            level[0] = cap;
            for (n : 0 .. IDS - 1) { lent[n] = 0; ends[n] = 0 }
#else
            level[0] = (k > cap -> 0 : cap - k)
#endif
        }
        Check() }
#endif
#ifdef CHANGE
    /* what is used carries over, unscaled, of which the plain key of the larger capacity knows as much */
    :: atomic { changes < 1 ->
        d_step {
            changes++;
            Close(0);
            g = (cap == CAP -> CAP - 1 : CAP);
            level[0] = (g + level[0] > cap -> g + level[0] - cap : 0);
            cap = g;
            Held(true);
            plain = level[0] + w;
            assert(plain <= CAP)
        }
        Check() }
#endif
#ifdef HANDOVER
    /* another process counts from here, from what was given to it or stored at the end */
    :: atomic { true -> d_step { Close(0) } Check() }
#endif
#if defined(CRASH) || defined(TWO)
    :: atomic { crashes < 1 ->
        d_step {
            storedLevel = level[0];
            storedFrozen = frozen[0];
            for (n : 0 .. IDS - 1) { storedFrozen = (ends[n] > storedFrozen -> ends[n] : storedFrozen) }
        }
        Check() }
#endif
#ifdef CRASH
    /* the new owner knows what was stored; what was out then may be spent beside it, and no more */
    :: atomic { crashes < 1 ->
        d_step {
            crashes++;
            Held(true);
            beside = w;
            for (n : 0 .. IDS - 1) { orphan[n] = (state[n] == HELD); lent[n] = 0; ends[n] = 0 }
            for (n : 0 .. 1) {
                if
                :: KIND(message[n]) == REPLY -> message[n] = message[n] + MESSAGE(OLD - REPLY, 0, 0)
                :: else
                fi
            }
            level[0] = storedLevel; frozen[0] = storedFrozen;
#ifdef MUTANT_RESTORED_WITHOUT_LEVEL
            level[0] = CAP + 1;
#endif
            plain = storedLevel
        }
        Check() }
#endif
#ifdef TWO
    /* a second owner begins with what was stored: one capacity, and what flows to it while there are two */
    :: atomic { crashes < 1 ->
        d_step {
            crashes++;
            two = true;
            level[1] = storedLevel; frozen[1] = storedFrozen;
            plain = plain + CAP
        }
        Check() }
    /* they come to know of each other: what is out in either is out, and the stricter level of both holds */
    :: atomic { two ->
        d_step {
            two = false;
            for (n : 0 .. IDS - 1) {
#ifndef MUTANT_MERGED_WITHOUT_THE_OTHERS
                lent[n] = (lent[IDS + n] > lent[n] -> lent[IDS + n] : lent[n]);
                ends[n] = (ends[IDS + n] > ends[n] -> ends[IDS + n] : ends[n]);
#endif
                lent[IDS + n] = 0; ends[IDS + n] = 0
            }
            level[0] = (level[1] < level[0] -> level[1] : level[0]);
            frozen[0] = (frozen[1] > frozen[0] -> frozen[1] : frozen[0]);
            level[1] = 0; frozen[1] = 0;
            Out(0);
#ifndef MUTANT_MERGED_NOT_CUT
            level[0] = (level[0] + k > cap -> (k > cap -> 0 : cap - k) : level[0]);
#endif
            plain = level[0] + k
        }
        Check() }
#endif
    od
}
