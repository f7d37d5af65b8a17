"""How public pages reach readers: kept whole while nothing changes, and gone when they are gone."""
