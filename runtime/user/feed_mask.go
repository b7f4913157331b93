package user

// mask is what hides secrets in a text about this user: those of the plan,
// and the sensitive values of its own generated rows, which nobody else can
// know before they are made.
func (u *User) mask() *mask {
	var texts []string
	for data := range u.frame.Rows {
		row := u.frame.Rows[data]
		if row < 0 {
			continue
		}
		columns := u.env.Plan.Data[data].Columns
		for c := range columns {
			if columns[c].Make == nil || !columns[c].Sensitive {
				continue
			}
			if v, err := u.frame.Cell(data, c, row); err == nil {
				texts = append(texts, v.Text())
			}
		}
	}
	if u.bearer != "" {
		texts = append(texts, u.bearer)
	}
	if texts == nil {
		return u.env.mask
	}
	return &mask{u.env.mask.secrets.Texts(texts)}
}
