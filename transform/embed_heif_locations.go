package transform

// heifLocations moves all items that lie in the file by a number of bytes, and
// adds items one after another from an offset on (ISO/IEC 14496-12, section
// 8.11.3).
func heifLocations(body []byte, items []heifItem, number uint32, moved, at uint64) ([]byte, error) {
	if len(body) < 6 {
		return nil, errHEIF
	}
	l := heifLocation{
		body:   append([]byte(nil), body...),
		number: heifWide(body, 2),
		offset: int(body[4] >> 4), length: int(body[4] & 0xf),
		base: int(body[5] >> 4),
	}
	if body[0] >= 1 {
		l.method, l.index = 2, int(body[5]&0xf)
	}
	const enough = 4 // bytes, for any file that is written here
	count, err := heifNumber(body, 6, l.number)
	if err != nil || l.length < enough || max(l.base, l.offset) < enough || l.base > 0 && l.base < enough {
		return nil, errHEIF
	}
	l.at = 6 + l.number
	for range count {
		if err := l.move(moved); err != nil {
			return nil, err
		}
	}
	if l.at != len(body) {
		return nil, errHEIF
	}
	copy(l.body[6:], appendHEIFNumber(nil, l.number, count+uint32(len(items))))
	for i, item := range items {
		l.add(number+uint32(i), at, uint64(len(item.data)))
		at += uint64(len(item.data))
	}
	return l.body, nil
}

// heifLocation reads and writes places of items, which have numbers of so many
// bytes.
type heifLocation struct {
	body []byte
	at   int // what is read next

	number, method, base, index, offset, length int
}

// move adds to the offsets of one item.
func (l *heifLocation) move(by uint64) error {
	l.at += l.number
	const inFile = 0
	method, err := l.read(l.method)
	if err != nil {
		return err
	}
	if method&0xf != inFile {
		by = 0
	}
	l.at += 2 // another file
	extents := by
	if l.base > 0 { // of all extents
		extents = 0
		if err := l.add64(l.base, by); err != nil {
			return err
		}
	}
	count, err := l.read(2)
	if err != nil {
		return err
	}
	for range count {
		l.at += l.index
		if err := l.add64(l.offset, extents); err != nil {
			return err
		}
		if _, err := l.read(l.length); err != nil {
			return err
		}
	}
	return nil
}

// read takes a number of so many bytes, none of which are 0.
func (l *heifLocation) read(size int) (value uint64, err error) {
	if l.at+size > len(l.body) || size > 8 {
		return 0, errHEIF
	}
	for _, b := range l.body[l.at : l.at+size] {
		value = value<<8 | uint64(b)
	}
	l.at += size
	return value, nil
}

// add64 adds to a number where it stands.
func (l *heifLocation) add64(size int, by uint64) error {
	value, err := l.read(size)
	if err != nil {
		return err
	}
	value += by
	if size < 8 && value>>(8*size) != 0 {
		return errHEIF
	}
	copy(l.body[l.at-size:l.at], bigEndian(size, value))
	return nil
}

// add appends the place of one item, in one piece of the file.
func (l *heifLocation) add(number uint32, at, length uint64) {
	base, offset := at, uint64(0)
	if l.base == 0 {
		base, offset = 0, at
	}
	l.body = appendHEIFNumber(l.body, l.number, number)
	for _, field := range []struct {
		size  int
		value uint64
	}{{l.method, 0}, {2, 0}, {l.base, base}, {2, 1}, {l.index, 0}, {l.offset, offset}, {l.length, length}} {
		l.body = append(l.body, bigEndian(field.size, field.value)...)
	}
}

// bigEndian is a number in so many bytes.
func bigEndian(size int, value uint64) []byte {
	data := make([]byte, size)
	for i := range data {
		data[size-1-i] = byte(value)
		value >>= 8
	}
	return data
}
