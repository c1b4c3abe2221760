-- Posts envelopes that differ in their random bytes, each 17,640 bytes long, as the page sends them. The head (suite, key
-- and commitment) comes from a real envelope in the file that RESGUARDO_ENVELOPE names; what follows is noise, which
-- the vault, who cannot open it, seals like any other.
local file = assert(io.open(os.getenv("RESGUARDO_ENVELOPE"), "rb"))
local envelope = file:read("*a")
file:close()
local head, tail = envelope:sub(1, 80), envelope:sub(97)
local thread_number = 0

function setup(thread)
    thread_number = thread_number + 1
    thread:set("number", thread_number)
end

function init(args)
    math.randomseed(os.time() * 64 + number)
    wrk.method = "POST"
    wrk.headers["Content-Type"] = "application/vnd.resguardo.envelope"
    if args[1] == "fresh" then wrk.headers["Connection"] = "close" end
end

function request()
    local noise = {}
    for i = 1, 16 do noise[i] = string.char(math.random(0, 255)) end
    return wrk.format(nil, nil, nil, head .. table.concat(noise) .. tail)
end

local refused = 0
function response(status)
    if status ~= 201 then refused = refused + 1 end
end
