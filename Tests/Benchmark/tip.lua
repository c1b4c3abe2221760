-- Posts envelopes of 17,640 bytes, as the page sends them. Header and commitment come from a real envelope in the file
-- that RESGUARDO_ENVELOPE names, and 16 bytes of each are noise, so that no two are the same: the vault, which cannot
-- open any, seals them like every other.
local file = assert(io.open(os.getenv("RESGUARDO_ENVELOPE"), "rb"))
local envelope = file:read("*a")
file:close()
local head, tail = envelope:sub(1, -33), envelope:sub(-16)
local chance = assert(io.open("/dev/urandom", "rb"))

function init(args)
    wrk.method = "POST"
    wrk.headers["Content-Type"] = "application/vnd.resguardo.envelope"
    if args[1] == "fresh" then wrk.headers["Connection"] = "close" end
end

function request()
    return wrk.format(nil, nil, nil, head .. chance:read(16) .. tail)
end

dofile(os.getenv("RESGUARDO_REPORT"))
