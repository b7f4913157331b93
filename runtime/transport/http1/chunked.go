package http1

// Bounds of what a chunked body may carry beside its data. Framing may be as
// large as the data and some, as with chunks of one byte, but not much more:
// an extension is never of use to a user.
const (
	maxChunkLine = 4 << 10  // bytes of a chunk's size and extension
	maxExcess    = 16 << 10 // framing bytes in excess of 16 a chunk and twice its data
	maxChunkSize = 1 << 60  // more is an attack on somebody's arithmetic
)

type chunkState uint8

const (
	sizeStart    chunkState = iota // first digit of a chunk's size
	sizeDigits                     // further digits
	sizeSpace                      // space before an extension or the line's end
	sizeExt                        // in an extension
	sizeLF                         // LF that ends the size line
	inData                         // data of the chunk
	dataCR                         // CR after the data
	dataLF                         // LF after the data
	trailerStart                   // first byte of a trailer line
	trailerName                    // in a field name
	trailerValue                   // in a field value
	trailerLF                      // LF that ends a trailer line
	lastLF                         // LF that ends the body
	chunksDone
)

// chunked decodes the chunked coding, byte by byte, so that it needs no
// buffer of its own and no line in one piece. Its zero value is at the start.
type chunked struct {
	state   chunkState
	size    int64 // of the chunk; in inData what is left of it
	line    int   // bytes of the size line so far
	excess  int64
	trailer int // bytes of all trailer lines
}

func (k *chunked) done() bool { return k.state == chunksDone }

// next consumes bytes of p up to the end of a stretch of data, which it
// returns with the number of bytes consumed. It consumes all of p, or stops
// after data, at the body's end, or at an error.
func (k *chunked) next(p []byte) (data []byte, used int, err error) {
	for i := 0; i < len(p); {
		switch {
		case k.state == inData:
			n := int(min(k.size, int64(len(p)-i)))
			k.size -= int64(n)
			if k.size == 0 {
				k.state = dataCR
			}
			return p[i : i+n], i + n, nil
		case k.state == chunksDone:
			return nil, i, nil
		case k.state >= trailerStart:
			err = k.trailerByte(p[i])
		default:
			err = k.sizeByte(p[i])
		}
		i++
		if err != nil {
			return nil, i, err
		}
		used = i
	}
	return nil, used, nil
}

// sizeByte takes a byte of a size line or of the line end after data.
func (k *chunked) sizeByte(b byte) error {
	if k.line++; k.line > maxChunkLine {
		return errChunkLine
	}
	switch k.state {
	case sizeStart, sizeDigits:
		if h := hexDigit(b); h >= 0 {
			if k.size >= maxChunkSize>>4 {
				return errChunkSize
			}
			k.size = k.size<<4 | int64(h)
			k.state = sizeDigits
			return nil
		}
		if k.state == sizeStart {
			return errChunkSize
		}
		return k.afterSize(b)
	case sizeSpace:
		return k.afterSize(b)
	case sizeExt:
		if b == '\r' {
			k.state = sizeLF
		} else if b < ' ' && b != '\t' || b == 0x7f {
			return errChunkLine
		}
	case sizeLF:
		if b != '\n' {
			return errChunkLine
		}
		return k.sizeDone()
	case dataCR:
		if b != '\r' {
			return errChunkEnd
		}
		k.state = dataLF
	case dataLF:
		if b != '\n' {
			return errChunkEnd
		}
		k.state, k.size, k.line = sizeStart, 0, 0
	}
	return nil
}

// afterSize takes what may follow a size: space, an extension, the line end.
func (k *chunked) afterSize(b byte) error {
	switch b {
	case ' ', '\t':
		k.state = sizeSpace
	case ';':
		k.state = sizeExt
	case '\r':
		k.state = sizeLF
	default:
		return errChunkSize
	}
	return nil
}

func (k *chunked) sizeDone() error {
	k.excess = max(0, k.excess+int64(k.line)-16-2*k.size)
	if k.excess > maxExcess {
		return errChunkExcess
	}
	k.line = 0
	if k.state = inData; k.size == 0 {
		k.state = trailerStart
	}
	return nil
}

// trailerByte takes a byte after the last chunk. Trailer fields are checked
// for form and otherwise ignored: none may change the framing.
func (k *chunked) trailerByte(b byte) error {
	if k.trailer++; k.trailer > maxHead {
		return errHeadTooLarge
	}
	switch k.state {
	case trailerStart:
		switch {
		case b == '\r':
			k.state = lastLF
		case tokenByte[b]:
			k.state = trailerName
		default:
			return errTrailer
		}
	case trailerName:
		if b == ':' {
			k.state = trailerValue
		} else if !tokenByte[b] {
			return errTrailer
		}
	case trailerValue:
		if b == '\r' {
			k.state = trailerLF
		} else if b == '\n' || b == 0 {
			return errTrailer
		}
	case trailerLF, lastLF:
		if b != '\n' {
			return errTrailer
		}
		if k.state == lastLF {
			k.state = chunksDone
		} else {
			k.state = trailerStart
		}
	}
	return nil
}

func hexDigit(b byte) int {
	switch {
	case '0' <= b && b <= '9':
		return int(b - '0')
	case 'a' <= b && b <= 'f':
		return int(b-'a') + 10
	case 'A' <= b && b <= 'F':
		return int(b-'A') + 10
	}
	return -1
}
