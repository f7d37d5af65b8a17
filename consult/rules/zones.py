"""Places to choose a time zone by: the ones people name, not all six hundred."""

PLACES = {
    "Mexico": {
        "America/Tijuana": "Tijuana",
        "America/Hermosillo": "Hermosillo",
        "America/Chihuahua": "Chihuahua",
        "America/Ciudad_Juarez": "Ciudad Juárez",
        "America/Mexico_City": "Mexico City",
        "America/Cancun": "Cancún",
    },
    "United States and Canada": {
        "America/Los_Angeles": "Los Angeles, Vancouver",
        "America/Phoenix": "Phoenix",
        "America/Denver": "Denver, Calgary",
        "America/Chicago": "Chicago, Winnipeg",
        "America/New_York": "New York, Toronto",
        "America/Halifax": "Halifax",
        "America/St_Johns": "St John’s",
        "America/Anchorage": "Anchorage",
        "Pacific/Honolulu": "Honolulu",
    },
    "Central and South America": {
        "America/Guatemala": "Guatemala, San José",
        "America/Bogota": "Bogotá, Lima",
        "America/Caracas": "Caracas",
        "America/Santiago": "Santiago",
        "America/Argentina/Buenos_Aires": "Buenos Aires",
        "America/Sao_Paulo": "São Paulo",
    },
    "Europe": {
        "Europe/London": "London, Dublin, Lisbon",
        "Europe/Madrid": "Madrid",
        "Europe/Paris": "Paris, Brussels",
        "Europe/Berlin": "Berlin, Rome, Warsaw, Stockholm",
        "Europe/Athens": "Athens, Helsinki, Bucharest",
    },
    "Africa, Asia, Australia": {
        "Africa/Cairo": "Cairo",
        "Africa/Lagos": "Lagos",
        "Africa/Johannesburg": "Johannesburg",
        "Asia/Jerusalem": "Jerusalem",
        "Asia/Dubai": "Dubai",
        "Asia/Kolkata": "Mumbai, Delhi",
        "Asia/Shanghai": "Beijing, Singapore, Manila",
        "Asia/Tokyo": "Tokyo, Seoul",
        "Australia/Perth": "Perth",
        "Australia/Brisbane": "Brisbane",
        "Australia/Sydney": "Sydney, Melbourne",
        "Pacific/Auckland": "Auckland",
    },
}
ZONES = [("", "Choose a place")] + [(area, list(zones.items())) for area, zones in PLACES.items()]
