-- Ready by its condition Ready; older operators say it in status.phase.
local health = {status = "Progressing", message = "waits for its operator"}
if obj.status == nil then
  return health
end
local seen, now = obj.status.observedGeneration, obj.metadata.generation
if seen ~= nil and now ~= nil and seen < now then
  health.message = "its operator has not seen the change yet"
  return health
end
for _, c in ipairs(obj.status.conditions or {}) do
  if c.type == "ReconciliationPaused" and c.status == "True" then
    return {status = "Suspended", message = "its operator was told to pause"}
  end
end
-- Argo CD gives up at Degraded, and these reasons say "not yet". Its Lua has no
-- string library.
local waits = {[""] = true, Creating = true, Pending = true, InProgress = true, Reconciling = true, Updating = true}
local ready = false
for _, c in ipairs(obj.status.conditions or {}) do
  if c.type == "Ready" and c.status == "True" then
    ready = true
  elseif c.type == "NotReady" and c.status == "True" or c.type == "Ready" and c.status == "False" then
    local reason = c.reason or ""
    health.message = c.message or reason
    if not waits[reason] then
      health.status = "Degraded"
    end
    return health
  end
end
local connector = obj.status.connectorStatus or {}
local failed = connector.connector ~= nil and connector.connector.state == "FAILED"
for _, task in ipairs(connector.tasks or {}) do
  failed = failed or task.state == "FAILED"
end
if failed then
  return {status = "Degraded", message = "the connector or a task of it failed"}
end
local phase = obj.status.phase
if ready or phase == "Ready" or phase == "Running" then
  return {status = "Healthy", message = ""}
end
if phase == "Failed" or phase == "Error" then
  health.status = "Degraded"
  health.message = "its operator says " .. phase
end
return health
