-- hookswitch.limits: the API's rate limits, all in one place.
--
-- A limit is a bucket of `per_minute` that refills evenly: that many at once, and that many a minute. `user`
-- and `refused` hold for every route; the others are named by routes (`limit = limits.buy_number`). Requests
-- are counted per user or, on public routes, per address. Webhooks are never limited. rate_limits = no
-- switches all of this off.

local PER_MINUTE = {
  user = 1200, -- all requests of one user
  refused = 60, -- requests of one address without a valid token
  login = 20, -- logins tried from one address
  login_name = 10, -- logins tried with one name, from wherever
  password = 5, -- changes of a password
  invite = 20, -- passwords made up for others
  buy_number = 10, -- a day's number of purchases is buy_daily_cap
  available_numbers = 30,
  change_number = 60, -- a greeting's address is asked for
  access_token = 30,
  events = 60, -- streams opened
  batch = 60, -- each of up to 16 reads
  replay = 120, -- batches
  coverage = 60,
  doctor = 6, -- each asks Twilio several things
  forget = 10, -- the database may be rewritten
  rules = 120, -- rule files checked or saved
  own_pin = 10, -- each is a version of the files
}

local limits = {}

for name, per_minute in pairs(PER_MINUTE) do
  limits[name] = { name = name, per_minute = per_minute }
end

return limits
