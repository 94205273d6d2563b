-- What Argo CD itself says of an Application. It stopped to ask in v1.8, since
-- when waves between Applications order nothing.
local health = {status = "Progressing", message = "waits for its first sync"}
if obj.status ~= nil and obj.status.health ~= nil and obj.status.health.status ~= nil then
  health.status = obj.status.health.status
  health.message = obj.status.health.message or ""
end
return health
