"""Pictures of the site: Vega-Lite specifications that become SVG when the site is built."""
