"""From the texts in content/pages to published pages, on a site that lacks them."""
