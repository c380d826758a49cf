-- Asks laissez-passer about a request: the action `lua.laissez_passer` of haproxy.cfg.
-- It needs HAProxy 2.5 or newer, built with Lua, and no other module.

local CHECK = "http://127.0.0.1:8450/check"
-- Milliseconds; more than the two tries of two seconds that haproxy.cfg allows.
local TIMEOUT = 5000
-- What of the sidecar's answer reaches a client whose request is refused.
local PASSED_ON = { "content-type", "content-language", "cache-control", "vary", "link", "retry-after" }

core.register_action("laissez_passer", { "http-req" }, function(txn)
  -- None of the client's own headers but its language: it must not speak for itself.
  local headers = {
    -- The one address that HAProxy knows by itself.
    ["x-forwarded-for"] = { txn.sf:src() },
    ["laissez-passer-subscriber"] = { txn:get_var("txn.subscriber") or "" },
  }
  local language = txn.sf:req_fhdr("accept-language")
  if language ~= "" then
    headers["accept-language"] = { language }
  end

  local answer = core.httpclient():get({ url = CHECK, headers = headers, timeout = TIMEOUT })
  if answer == nil then
    return
  end
  if answer.status == 200 then
    txn:set_var("txn.laissez_passer", "granted")
    return
  end
  -- The document comes with 403 (unless --fitting-status is set), and its own status beside it.
  local fields = answer.headers or {}
  local status = fields["laissez-passer-status"]
  if status == nil then
    return
  end
  local reply = txn:reply({ status = tonumber(status[0]), body = answer.body })
  for _, name in ipairs(PASSED_ON) do
    for at = 0, #(fields[name] or {}) do
      if fields[name] and fields[name][at] then
        reply:add_header(name, fields[name][at])
      end
    end
  end
  txn:done(reply)
end)
