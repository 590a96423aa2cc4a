-- native.lua: makes the host's modules (json, log, crypto, …) available to
-- require in a plain Lua. Specs that need them begin with dofile("spec/support/native.lua").
-- It gives { form = function(text) → params, finish }.
local path = os.getenv("HS_NATIVE") or "build/native.so"

return assert(package.loadlib(path, "luaopen_native"))()
