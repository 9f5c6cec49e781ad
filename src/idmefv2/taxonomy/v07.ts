import { type Families, type Taxonomy, table } from './table.ts'
import { CAUSE, PRIORITY, TYPE } from './v04.ts'

// Draft 07. The spellings are the schema's own (`Extermism`, `Clonned`, `Equiment`, `Recon.Netword`): a message
// with the right word is invalid.

/** Families of incident categories that draft 08 left as they were. */
export const CATEGORIES: Families = {
  Abuse: 'Coercion, Extermism, Grooming, Harassment, Trafficking, Other',
  Access:
    'Authorized, Backdoor, Clonned, Compromise, Escalation, Forced, Lost, Tailgating, Unauthorized, Other',
  Availability: 'DDoS, DoS, Failure, HeartBeat, Misconfiguration, Outage, Overload, Other',
  Biological: 'Animal, Epidemic, Insect, Zombies, Other',
  Climat: 'Drought, LakeOutburst, Wildfire, Other',
  Extraterrestrial: 'Aliens, Impact, SpaceWeather, Other',
  Fraud: 'Copyright, Corruption, Espionnage, Masquerade, Phishing, Usage, Other',
  Geophysical: 'Earthquake, MassMovement, Volcanic, Other',
  Hydro: 'Flood, Landslide, Wave, Other',
  Insider: 'Malicious, Negligent, Other',
  Meteo: 'Cold, Fog, Heat, Rain, Snow, Wind, Other',
  National: 'Conflict, Crime, Cyber, Economical, Environemental, Societal, Terrorism, Other',
  Operational: 'Misuse, Policy Violation, Process Failure, Other',
  Sabotage: 'Data, Destruction, Disruption, Equipment, Graffiti, Tampering, Vandalism, Other',
  Safety: 'Accident, Agression, Explosion, Fire, Hostage, Sexual, Other',
  SocialEng: 'Baiting, Phishing, Pretexting, QuidProQuo, Smishing, Spear Phishing, Vishing, Other',
  SupplyChain: 'Compromise, Disruption, Other',
  Theft: 'Breaches, Data, Equiment, FinInfo, IP, Machinery, PII, Other',
  Other: 'Uncategorised, Undetermined, Test, ext-value',
}

/** Economic sectors that draft 08 did not rename. */
export const SECTORS: Families = {
  Banking: 'Banking, Other',
  Digital: `CloudServices, DataCenters, DigitalProviders, DomainNameSystems, ICTServiceManagement,
    SatelliteCommunications, TelecomNetworks, UnderseaCables, Other`,
  Education: 'PrimarySecondary, ResearchSchools, Universities, Other',
  Energy: 'DistrictHeating, Electricity, Gas, Hydrogen, Nuclear, Oil, Other',
  Food: 'AgriculturalProduction, FoodDistribution, FoodProcessing, FoodSafety, Other',
  Health: `BloodAndTissue, HealthcareProviders, Laboratories, MedicalDevices, PharmaceuticalSupplyChain,
    PublicHealth, Other`,
  Logistics: 'FreightForwarding, LastMileDelivery, ThirdPartyLogistics, Warehousing, Other',
  Mining: 'CriticalRawMaterials, EnergyMinerals, Other',
  Nuclear: 'FuelCycle, Medical, PowerGeneration, Research, Other',
  Research: 'BiologicalSafety, ChemicalSafety, Research, Other',
  Space: 'GroundStations, LaunchFacilities, SpaceActivities, Other',
  Transport: 'Aviation, Maritime, Pipeline, PublicTransport, Rail, Road, Other',
  Water: 'DamsAndReservoirs, DrinkingWater, Irrigation, Wastewater, Other',
}

export const V07: Taxonomy = {
  EntitySector: table('Undefined', {
    ...SECTORS,
    Cemeteries: 'Crematoria, PublicCemeteries, Other',
    Chemical: 'ChemicalProduction, Storage, Other',
    CivilSociety: 'ElectionMonitoring, HumanitarianAid, NGOs, Other',
    CulturalHeritage: 'Archives, HistoricalSites, Libraries, Museums, Other',
    Defense: `CommandControl, CyberDefense, DefenseIndustrialBase, Logistics, MilitaryInstallations, Research,
      Other`,
    EmergencyServices: 'CivilProtection, EmergencyMedical, FireAndRescue, Police, Other',
    Finance: 'FinancialMarketInfrastructures, Insurance, PaymentSystems, Other',
    Manufacturing: `Aerospace, Batteries, Chemical, ComputerElectronicOptical, Defense, MedicalDevices,
      MotorVehicles, Pharmaceutical, Semiconductors, StrategicManufacturing, Other`,
    MediaAndBroadcasting: 'BroadcastInfrastructure, OnlineMedia, Press, Radio, Television, Other',
    Postal: 'PostalCourierServices, Other',
    PublicAdministration:
      'CentralGovernment, Diplomatic, EmergencyServices, Judiciary, LocalGovernment, Other',
    ReligiousSites: 'PilgrimageSites, PlacesOfWorship, Other',
    Waste: 'HazardousWaste, NonHazardousWaste, NuclearWaste, Recycling, Other',
  }),
  Type: TYPE,
  Category: table('', {
    ...CATEGORIES,
    Malware: 'Adware, Ransomware, Rootkit, Spyware, Trojan, Virus, Worm, Other',
    Recon: 'Aerial, Landscape, Netword, OSINT, Other',
  }),
  Cause: CAUSE,
  Status: table('Event, Incident, Open, Closed, FalsePositive'),
  Priority: PRIORITY,
  'Analyzer.Category': table('Undetermined, ext-value', {
    APP: 'BAST, DAST, IAST, RASP, SAST',
    CLD: 'CASB, CIEM, CSPM, CWPP',
    DDoS: 'ANTI-DDOS, SCRUB, WAF-DDOS',
    EMAIL: 'ANTI-PHISH, DMARC, SEG, SPAM-FILTER',
    END: 'AM, AV, DLP-EP, EDR, EPP, HIDS, HIPS, HPT, RASP',
    ID: 'DCAP, DLP, IAM, IRM, PAM, PIM, UEBA',
    NET: 'DNS-FW, DPI, FW, NAC, NBAD, NDR, NGFW, NIDS, NIPS, PROXY, WAF, WIDS, WIPS',
    OT: 'IoT-IDS, OT-IDS, PLC-SCAN',
    PHY: `1D-LAS, 1D-LiDAR, 2D-LAS, 2D-LiDAR, 3D-LAS, 3D-LiDAR, ACCESS-CTRL, ADS, FR-CAM, GLASS-BRK, HAR, LWIR,
      MOT-SEN, MWIR, OBJ-DET, SWIR, VAD, VNIR`,
    SIEM: 'ETL, LOG, NMS, SIEM, SOAR',
    TI: 'CTI, TI-FEED, TIP',
    VM: 'ASM, PENTEST, VULN-SCANNER',
  }),
  'Analyzer.Data': table(`
    Undetermined, Light, Acoustics, Contact, Vibration, Temperature, Humidity, Rain, Water, Fog, Particles,
    Seismic, Magnetic, Images, Thermal, Lidar, Network, Flow, Protocol, Datagram, Host, Connection, Port, SNMP,
    Authentication, Log, File, Content, Data, Reporting, Alert, Relay, External, ext-value`),
  'Analyzer.Method': table(`
    Undetermined, AI, Anomaly, Behavioral, Biometric, Blackhole, Contextual, Correlation, Ensemble,
    Fingerprinting, Frequency, Fusion, Geolocation, Graph-based, Heat, Heuristic, Honeypot, Hygiene, Integrity,
    Metadata, Monitor, Movement, Orchestration, Pattern, Policy, Predictive, Protocol, Recon, Reputation,
    Rule-based, Sequence, Signature, Statistical, Tarpit, Threat Intelligence, Threshold, Trend, ext-value`),
}
