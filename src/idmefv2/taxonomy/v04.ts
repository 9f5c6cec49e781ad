import { type Taxonomy, table } from './table.ts'

// Drafts 04, 05 and 06, as in the schema files repaired in 2025: without the stray blanks of the first editions
// (`Information. UnauthorizedAccess`).

/** These two are the same in every version. */
export const CAUSE = table('Normal, Error, Malicious, Malfunction, Hazard, Unknown')
export const PRIORITY = table('Unknown, Info, Low, Medium, High')

/** What V04 calls the type of an analyzer, and V07 the type of an incident. */
export const TYPE = table('Cyber, Physical, Availability, Combined')

export const V04: Taxonomy = {
  Category: table('ext-value', {
    Abusive: 'Spam, Harassment, Illicit',
    Malicious: 'System, Botnet, Distribution, Configuration',
    Recon: 'Scanning, Sniffing, SocialEngineering',
    Attempt: 'Exploit, Login, NewSignature',
    Intrusion: 'AdminCompromise, UserCompromise, AppCompromise, SysCompromise, Burglary',
    Availability: 'DoS, DDoS, Misconf, Theft, Sabotage, Outage, Failure',
    Information: 'UnauthorizedAccess, UnauthorizedModification, DataLoss, DataLeak',
    Fraud: 'UnauthorizedUsage, Copyright, Masquerade, Phishing',
    Vulnerable: 'Crypto, DDoS, Surface, Disclosure, System',
    Geophysical: 'Earthquake, MassMovement, Volcanic',
    Meteorological: 'Temperature, Fog, Storm',
    Hydrological: 'Flood, Landslide, Wave',
    Climatological: 'Drought, LakeOutburst, Wildfire',
    Biological: 'Epidemic, Insect, Animal',
    Extraterrestrial: 'Impact, SpaceWeather',
    Other: 'Uncategorised, Undetermined',
    Test: 'Test',
  }),
  Cause: CAUSE,
  Status: table('Event, Incident'),
  Priority: PRIORITY,
  'Analyzer.Type': TYPE,
  'Analyzer.Category': table(`
    1DLiS, 2DLiS, 3DLiS, 1DLaS, 2DLaS, 3DLaS, VAD, HAR, FRC, VNIR, SWIR, MWIR, LWIR, ADS, ODC, DDOS, SPAM, AV,
    EDR, FW, NIDS, HIDS, WIDS, PROX, WAF, HPT, LOG, IAM, VPN, ETL, RASP, BAST, NAC, SIEM, NMS, ext-value`),
  'Analyzer.Data': table(`
    Light, Noise, Touch, Images, Vibrations, Lidar, Thermic, Seismic, Temperature, Rain, Water, Humidity,
    Particles, Contact, MagneticField, Acoustics, Fog, External, Reporting, Connection, Datagram, Content, Data,
    File, Flow, Log, Protocol, Host, Network, Alert, Relay, Auth, SNMP, ext-value`),
  'Analyzer.Method': table(`
    Biometric, Policy, Heat, Movement, Blackhole, Signature, Statistical, Heuristic, Integrity, Honeypot, Tarpit,
    Recon, Correlation, Monitor, AI, Threshold, ext-value`),
  'Vector.Category': table(`
    Unknown, Face, RunningMan, Human, Man, Woman, Children, Animal, Object, Blast, Fire, Wind, Snow, Rain,
    Chemical, Smoke, Vapors, Drug, Device, Drone, Car, Truck, Vehicle, Bird, Storm, HighTemperature, Artifact,
    Autonomous System, Directory, Domain Name, Email Address, Email Message, File, IPv4 Address, IPv6 Address,
    Mutex, Network Traffic, Process, URL, User Account, Windows Registry Key, X509 Certificate, ext-value`),
}
