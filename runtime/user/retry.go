package user

import "throng/dsl/plan"

// attempts is a retry under way. In parallel steps within it the lanes read
// it, and only its own user changes it.
type attempts struct {
	of    *plan.Retry
	outer *attempts
	depth int   // 1 for the outermost
	left  int64 // after the one under way
}

// inRetry does its steps until no request in them fails in a way that it
// retries, or its attempts are used up. An attempt that another one follows
// ends at the request that failed; it applies no on_failure, and groups
// around the retry do not fail by it.
func (u *User) inRetry(r *plan.Retry) flow {
	mine := &attempts{of: r, outer: u.retry, depth: 1, left: max(0, r.Attempts-1)}
	if mine.outer != nil {
		mine.depth += mine.outer.depth
	}
	u.retry = mine
	defer func() { u.retry = mine.outer }()
	backoff, known := 0.0, r.Backoff == nil
	for {
		f := u.steps(r.Steps)
		if f != tryAgain || u.again != mine.depth {
			return f
		}
		mine.left--
		if u.env.trace != nil {
			u.remark(r.Site, "tries again, attempt %d of %d", r.Attempts-mine.left, max(1, r.Attempts))
		}
		if !known {
			s, err := u.number(r.Backoff, "a backoff")
			if err != nil {
				return u.broken(r.Site, err)
			}
			backoff, known = s, true
		}
		if backoff > 0 {
			// The user feels it: unlike a pause it is in the time of groups.
			ok := u.sleep(later(u.env.Clock.Now(), backoff), nil)
			if f := u.slept(ok); f != goOn {
				return f
			}
			backoff *= 2
		}
	}
}

// retries is the retry that does its steps again after a failure, the
// innermost one that wants to and can; nil for a success, or where nobody
// does.
func (u *User) retries(class plan.ErrorClass, status int) *attempts {
	if class == plan.OK || u.retry == nil || u.out != nil || u.env.isCut.Load() {
		return nil
	}
	for a := u.retry; a != nil; a = a.outer {
		if a.left > 0 && isRetried(a.of.On, class, status) {
			return a
		}
	}
	return nil
}

func isRetried(on []plan.RetryOn, class plan.ErrorClass, status int) bool {
	for _, o := range on {
		if o.Class != plan.OK && o.Class == class || o.Class == plan.OK && o.Status.Min <= status && status <= o.Status.Max {
			return true
		}
	}
	return len(on) == 0
}
