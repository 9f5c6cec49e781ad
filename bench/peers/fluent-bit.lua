local hex = '%04x%04x-%04x-4%03x-%04x-%04x%04x%04x'
local random = math.random
math.randomseed(os.time())

local function uuid()
  return string.format(hex, random(0, 65535), random(0, 65535), random(0, 65535), random(0, 4095),
    random(32768, 49151), random(0, 65535), random(0, 65535), random(0, 65535))
end

function message(tag, timestamp, event)
  local alert = event['alert'] or {}
  return 2, timestamp, {
    Version = '2.D.V08',
    ID = uuid(),
    CreateTime = event['timestamp'],
    Type = { 'Cyber' },
    Description = alert['signature'],
    Analyzer = {
      IP = '192.0.2.10', Name = 'Suricata', Hostname = 'sensor.example.org', Type = 'Cyber', Model = 'Suricata',
      Category = { 'NIDS' }, Data = { 'Network' }, Method = { 'Signature' },
    },
    Source = { { IP = event['src_ip'], Port = { event['src_port'] } } },
    Target = { { IP = event['dest_ip'], Port = { event['dest_port'] } } },
  }
end
