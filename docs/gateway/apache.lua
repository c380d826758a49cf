-- Asks laissez-passer about a request: the functions `check` and `refuse` of apache.conf.
-- It needs mod_lua and LuaSocket (on Debian: lua-socket).

require "apache2"
local socket = require "socket"

-- The sidecars. To restart without a gap, name a second one on the same ledger and keyring:
-- { "127.0.0.1:8451", "127.0.0.1:8452" }
local SIDECARS = { "127.0.0.1:8451" }
-- Seconds to connect and seconds to answer: a sidecar that hangs must not hang the viewer.
local CONNECT_TIMEOUT, ANSWER_TIMEOUT = 0.2, 3
-- What of the sidecar's answer reaches a client whose request is refused.
local PASSED_ON = { "content-language", "cache-control", "vary", "link", "retry-after" }
local UNDECIDED =
  '{"type":"about:blank","title":"The service is not available at the moment","status":503}'

-- Asks one sidecar; answers status, headers by their name in lower case, and body, or nothing.
local function ask(sidecar, request)
  local host, port = sidecar:match("^(.+):(%d+)$")
  local connection = socket.tcp()
  connection:settimeout(CONNECT_TIMEOUT)
  if not connection:connect(host, tonumber(port)) then
    connection:close()
    return nil
  end
  -- 't': of the whole answer, not of each part of it.
  connection:settimeout(ANSWER_TIMEOUT)
  connection:settimeout(ANSWER_TIMEOUT, "t")
  local answer = connection:send(request) and connection:receive("*a")
  connection:close()
  -- HTTP/1.0: the answer is complete where its length says so.
  local head, body = (answer or ""):match("^(.-)\r\n\r\n(.*)$")
  local status = head and tonumber(head:match("^HTTP/1%.%d (%d%d%d)"))
  if not status then
    return nil
  end
  local headers = {}
  for name, value in head:gmatch("\r\n([^:\r\n]+):[ \t]*([^\r\n]*)") do
    headers[name:lower()] = value
  end
  if tonumber(headers["content-length"]) ~= #body then
    return nil
  end
  return status, headers, body
end

-- A field of the request; control characters would begin a line of their own.
local function field(value)
  return (value or ""):gsub("%c", "")
end

local function question(r)
  -- None of the client's own headers but its language: it must not speak for itself.
  return table.concat({
    "GET /check HTTP/1.0",
    "Host: laissez-passer",
    -- The one address that Apache knows by itself.
    "X-Forwarded-For: " .. field(r.useragent_ip),
    -- An example: a client writes its cookies. In earnest, take the subscriber from a verified token.
    "Laissez-Passer-Subscriber: " .. field(r:getcookie("session")),
    "Accept-Language: " .. field(r.headers_in["Accept-Language"]),
    "",
    "",
  }, "\r\n")
end

-- Where the next request begins to ask, so that sidecars take turns; one count for each thread.
local turn = 0

local function ask_any(r)
  local request = question(r)
  turn = turn + 1
  for try = 1, #SIDECARS do
    local status, headers, body = ask(SIDECARS[(turn + try) % #SIDECARS + 1], request)
    -- An answer is final, whatever its status: nothing is decided twice.
    if status then
      return status, headers, body
    end
  end
end

-- A preflight carries no session, by design. It is neither decided nor counted.
local function is_preflight(r)
  local headers = r.headers_in
  return r.method == "OPTIONS" and headers["Origin"] and headers["Access-Control-Request-Method"]
end

-- Lets a request go on, or ends it with an error whose document `refuse` writes. Where this function
-- itself fails, Apache answers 500.
function check(r)
  local env = r.subprocess_env
  if is_preflight(r) then
    if env["LP_PAGE"] then
      env["LP_PAGE_PREFLIGHT"] = "1"
    end
    return 204
  end
  local status, headers, body = ask_any(r)
  if status == 200 then
    return apache2.OK
  end
  if not status or not headers["laissez-passer-status"] then
    env["LP_DOCUMENT"] = UNDECIDED
    env["LP_STATUS"] = "503"
    env["LP_CACHE_CONTROL"] = "no-store"
    env["LP_RETRY_AFTER"] = "5"
    return 503
  end
  env["LP_DOCUMENT"] = body
  env["LP_STATUS"] = headers["laissez-passer-status"]
  for _, name in ipairs(PASSED_ON) do
    env["LP_" .. name:upper():gsub("-", "_")] = headers[name]
  end
  return 403
end

-- Writes the document that `check` has left. Within an error document, Apache has put REDIRECT_
-- before the names.
function refuse(r)
  local env = r.subprocess_env
  local document = env["REDIRECT_LP_DOCUMENT"]
  if not document then
    return 403
  end
  r.status = tonumber(env["REDIRECT_LP_STATUS"])
  r.content_type = "application/problem+json"
  for _, name in ipairs(PASSED_ON) do
    local value = env["REDIRECT_LP_" .. name:upper():gsub("-", "_")]
    if value then
      r.err_headers_out[name] = value
    end
  end
  r:write(document)
  return apache2.OK
end
