package cache

// Forget implements Store.
func (m *Memory) Forget(source string) (removed int, err error) {
	return len(m.forget(source)), nil
}

// forget removes everything of source, and tells what it was. The generation
// grows last, so that who took it and then found something is refused.
func (m *Memory) forget(source string) (joined []string) {
	stripe := m.stripe(source)
	stripe.Lock()
	defer stripe.Unlock()
	defer stripe.forgotten.Add(1)
	for _, key := range m.index.keys(source) {
		if m.cache.Delete(key) == nil {
			joined = append(joined, key)
		}
	}
	return joined
}

// ForgetWhere implements Store: the index knows the sources by name.
func (m *Memory) ForgetWhere(match func(source string) bool, told func(Key)) (removed int, err error) {
	purging(&m.purges, &m.stripes, match, func() {
		for part := range m.index.parts {
			for _, source := range m.index.sources(part) {
				if match == nil || match(source) {
					removed += m.forgetTelling(source, told)
				}
			}
		}
	})
	return removed, nil
}

func (m *Memory) forgetTelling(source string, told func(Key)) (removed int) {
	forgotten := m.forget(source)
	if told != nil {
		for _, joined := range forgotten {
			told(Key{Source: source, Variant: variantOf(joined, source)})
		}
	}
	return len(forgotten)
}
