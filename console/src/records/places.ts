// Continents, countries and regions by their codes, as routing policies name them.
const CONTINENTS: Readonly<Record<string, readonly [string, string]>> = {
  AF: ["Africa", "AO BF BI BJ BW CD CF CG CI CM CV DJ DZ EG EH ER ET GA GH GM GN GQ GW KE KM LR LS LY MA MG ML MR MU MW MZ NA NE NG RE RW SC SD SH SL SN SO SS ST SZ TD TG TN TZ UG YT ZA ZM ZW"],
  AN: ["Antarctica", "AQ BV GS HM TF"],
  AS: ["Asia", "AE AF AM AZ BD BH BN BT CC CN CX CY GE HK ID IL IN IO IQ IR JO JP KG KH KP KR KW KZ LA LB LK MM MN MO MV MY NP OM PH PK PS QA SA SG SY TH TJ TM TR TW UZ VN YE"],
  EU: ["Europe", "AD AL AT AX BA BE BG BY CH CZ DE DK EE ES FI FO FR GB GG GI GR HR HU IE IM IS IT JE LI LT LU LV MC MD ME MK MT NL NO PL PT RO RS RU SE SI SJ SK SM UA VA XK"],
  NA: ["North America", "AG AI AW BB BL BM BQ BS BZ CA CR CU CW DM DO GD GL GP GT HN HT JM KN KY LC MF MQ MS MX NI PA PM PR SV SX TC TT US VC VG VI"],
  OC: ["Oceania", "AS AU CK FJ FM GU KI MH MP NC NF NR NU NZ PF PG PN PW SB TK TL TO TV UM VU WF WS"],
  SA: ["South America", "AR BO BR CL CO EC FK GF GY PE PY SR UY VE"],
};

/** Where each region is, for people. */
export const REGIONS: Readonly<Record<string, string>> = {
  "af-south-1": "Cape Town",
  "ap-east-1": "Hong Kong",
  "ap-northeast-1": "Tokyo",
  "ap-northeast-2": "Seoul",
  "ap-northeast-3": "Osaka",
  "ap-south-1": "Mumbai",
  "ap-southeast-1": "Singapore",
  "ap-southeast-2": "Sydney",
  "ap-southeast-3": "Jakarta",
  "ca-central-1": "Montreal",
  "eu-central-1": "Frankfurt",
  "eu-north-1": "Stockholm",
  "eu-south-1": "Milan",
  "eu-west-1": "Ireland",
  "eu-west-2": "London",
  "eu-west-3": "Paris",
  "il-central-1": "Tel Aviv",
  "me-central-1": "Dubai",
  "me-south-1": "Bahrain",
  "sa-east-1": "São Paulo",
  "us-east-1": "Virginia",
  "us-east-2": "Ohio",
  "us-west-1": "California",
  "us-west-2": "Oregon",
};

const COUNTRIES = new Intl.DisplayNames("en", { type: "region" });

/** `FR` → `France`; a code that nobody knows stays. */
export function countryName(code: string): string {
  try {
    return COUNTRIES.of(code) ?? code;
  } catch {
    return code;
  }
}

export function continentName(code: string): string {
  return CONTINENTS[code]?.[0] ?? code;
}

/** The continent's code; undefined of a country that the table does not have. */
export function continentOf(country: string): string | undefined {
  return Object.keys(CONTINENTS).find((code) => CONTINENTS[code]?.[1].split(" ").includes(country));
}
