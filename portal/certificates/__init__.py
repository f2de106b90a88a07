"""Digital certificates of Navi clients: read behind a fence, sealed, replaced, told of before they end."""
