-- Posts 4 KiB, the peer's measure.
local body = string.rep("x", 4096)

function init(args)
    wrk.method = "POST"
    wrk.body = body
    wrk.headers["Content-Type"] = "application/octet-stream"
    if args[1] == "fresh" then wrk.headers["Connection"] = "close" end
end
