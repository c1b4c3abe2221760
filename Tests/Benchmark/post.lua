-- Posts 4 KiB, the peer's measure.
function init(args)
    wrk.method = "POST"
    wrk.body = string.rep("x", 4096)
    wrk.headers["Content-Type"] = "application/octet-stream"
    if args[1] == "fresh" then wrk.headers["Connection"] = "close" end
end

dofile(os.getenv("RESGUARDO_REPORT"))
