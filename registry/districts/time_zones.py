"""Which time zone a district has unless it says another: that of most of its state's people. Pure.

Source: 49 CFR part 71, "Standard time zone boundaries", and the IANA time zone database's `zone1970.tab`. Where a state
has two, the one that holds most of its people; a district in the other one chooses it.
"""

from __future__ import annotations

EASTERN, CENTRAL, MOUNTAIN, PACIFIC = "America/New_York", "America/Chicago", "America/Denver", "America/Los_Angeles"
UNKNOWN = EASTERN
"""Of a district that names no state."""

_BY_ZONE = {
    EASTERN: "CT DE DC FL GA ME MD MA NH NJ NY NC OH PA RI SC VT VA WV",
    "America/Detroit": "MI",
    "America/Indiana/Indianapolis": "IN",
    "America/Kentucky/Louisville": "KY",
    CENTRAL: "AL AR IL IA KS LA MN MS MO NE ND OK SD TN TX WI",
    MOUNTAIN: "CO MT NM UT WY",
    "America/Boise": "ID",
    "America/Phoenix": "AZ",
    PACIFIC: "CA NV OR WA",
    "America/Anchorage": "AK",
    "Pacific/Honolulu": "HI",
    "America/Puerto_Rico": "PR VI",
    "Pacific/Guam": "GU MP",
    "Pacific/Pago_Pago": "AS",
}
ZONE_OF_STATE = {state: zone for zone, states in _BY_ZONE.items() for state in states.split()}


def zone_of_state(state_code: str) -> str:
    """Return the time zone of a state by its two letters, in either case; `UNKNOWN` for none and for no state."""
    return ZONE_OF_STATE.get(state_code.strip().upper(), UNKNOWN)
