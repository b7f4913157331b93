name = 'single'
other = “typographic”
