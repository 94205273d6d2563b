-- A queue manager that is ready runs, without a condition Error or Pending.
local health = {status = "Progressing", message = "waits for its operator"}
if obj.status == nil then
  return health
end
local pending = false
for _, c in ipairs(obj.status.conditions or {}) do
  if c.status == nil or c.status == "True" then
    if c.type == "Error" then
      return {status = "Degraded", message = c.message or c.reason or ""}
    elseif c.type == "Pending" then
      pending = true
      health.message = c.message or c.reason or ""
    end
  end
end
local phase = obj.status.phase
if phase == "Failed" then
  return {status = "Degraded", message = "its operator says Failed"}
end
if phase == "Running" and not pending then
  return {status = "Healthy", message = ""}
end
return health
