-- app.lua: the list of route files, in order; nothing else.

return {
  require("routes.voice"),
  require("routes.callbacks"),
}
