package stdlib

import (
	"errors"
	"fmt"
	"math/big"
	"net/netip"

	"github.com/zclconf/go-cty/cty"

	"throng/dsl/plan"
)

// networkFunctions compute with addresses of networks, after RFC 4632.
var networkFunctions = []Function{
	plain(Function{Name: "cidrhost", Category: "network", Signature: "cidrhost(prefix, number)",
		Description: "The address of a host in a network; a negative number counts from the network's end.", Example: `cidrhost("10.12.112.0/20", 16)`, Result: `"10.12.112.16"`},
		cty.String, 2, 2, cidrHost),
	plain(Function{Name: "cidrnetmask", Category: "network", Signature: "cidrnetmask(prefix)",
		Description: "The mask of an IPv4 network.", Example: `cidrnetmask("172.16.0.0/12")`, Result: `"255.240.0.0"`},
		cty.String, 1, 1, cidrNetmask),
	plain(Function{Name: "cidrsubnet", Category: "network", Signature: "cidrsubnet(prefix, bits, number)",
		Description: "One of the networks a network is divided into by so many more bits.", Example: `cidrsubnet("172.16.0.0/12", 4, 2)`, Result: `"172.18.0.0/16"`},
		cty.String, 3, 3, cidrSubnet),
	plain(Function{Name: "cidrsubnets", Category: "network", Signature: "cidrsubnets(prefix, bits...)",
		Description: "Consecutive networks within a network, each longer by so many bits.", Example: `cidrsubnets("10.1.0.0/16", 4, 4, 8)`, Result: `["10.1.0.0/20", "10.1.16.0/20", "10.1.32.0/24"]`},
		cty.List(cty.String), 1, MaxElements, cidrSubnets),
	plain(Function{Name: "cidrcontains", Category: "network", Signature: "cidrcontains(prefix, address)",
		Description: "Whether an address, or a whole network, lies in a network.", Example: `cidrcontains("10.0.0.0/8", "10.20.30.40")`, Result: `true`},
		cty.Bool, 2, 2, texts2(cidrContains)),
}

func network(s string) (netip.Prefix, error) {
	p, err := netip.ParsePrefix(s)
	if err != nil {
		return p, fmt.Errorf(`%s is no network; write it like "10.0.0.0/8" or "fd00::/16"`, quoted(s))
	}
	return p.Masked(), nil
}

// networkAndNumbers reads a network and the whole numbers after it.
func networkAndNumbers(args []plan.Value) (netip.Prefix, []int64, error) {
	s, err := text(args[0])
	if err != nil {
		return netip.Prefix{}, nil, err
	}
	p, err := network(s)
	if err != nil {
		return p, nil, err
	}
	numbers := make([]int64, len(args)-1)
	for i, a := range args[1:] {
		if numbers[i], err = wholeNumber(a, "the number"); err != nil {
			return p, nil, err
		}
	}
	return p, numbers, nil
}

// shifted is the address so far above an address; false if there is none.
func shifted(a netip.Addr, by *big.Int) (netip.Addr, bool) {
	sum := new(big.Int).SetBytes(a.AsSlice())
	sum.Add(sum, by)
	if sum.Sign() < 0 || sum.BitLen() > a.BitLen() {
		return a, false
	}
	b := sum.FillBytes(make([]byte, a.BitLen()/8))
	return netip.AddrFromSlice(b)
}

// power is 2 to the n.
func power(n int) *big.Int { return new(big.Int).Lsh(big.NewInt(1), uint(n)) }

func cidrHost(args []plan.Value) (plan.Value, error) {
	p, numbers, err := networkAndNumbers(args)
	if err != nil {
		return plan.Value{}, err
	}
	host := big.NewInt(numbers[0])
	hosts := power(p.Addr().BitLen() - p.Bits())
	if host.Sign() < 0 {
		host.Add(host, hosts)
	}
	if host.Sign() < 0 || host.Cmp(hosts) >= 0 {
		return plan.Value{}, fmt.Errorf("%s has no host number %d", p, numbers[0])
	}
	a, _ := shifted(p.Addr(), host)
	return plan.StringValue(a.String()), nil
}

func cidrNetmask(args []plan.Value) (plan.Value, error) {
	p, _, err := networkAndNumbers(args)
	if err != nil {
		return plan.Value{}, err
	}
	if !p.Addr().Is4() {
		return plan.Value{}, errors.New("only IPv4 networks have a mask")
	}
	mask := big.NewInt(1<<32 - 1<<(32-p.Bits()))
	a, _ := netip.AddrFromSlice(mask.FillBytes(make([]byte, 4)))
	return plan.StringValue(a.String()), nil
}

// longer is a network's length in bits after so many more.
func longer(p netip.Prefix, bits int64) (int, error) {
	if bits < 0 || bits > int64(p.Addr().BitLen()-p.Bits()) {
		return 0, fmt.Errorf("%s cannot be made longer by %d bits", p, bits)
	}
	return p.Bits() + int(bits), nil
}

func cidrSubnet(args []plan.Value) (plan.Value, error) {
	p, numbers, err := networkAndNumbers(args)
	if err != nil {
		return plan.Value{}, err
	}
	length, err := longer(p, numbers[0])
	if err != nil {
		return plan.Value{}, err
	}
	n := big.NewInt(numbers[1])
	if n.Sign() < 0 || n.Cmp(power(int(numbers[0]))) >= 0 {
		return plan.Value{}, fmt.Errorf("%d bits have no number %d", numbers[0], numbers[1])
	}
	a, _ := shifted(p.Addr(), n.Lsh(n, uint(p.Addr().BitLen()-length)))
	return plan.StringValue(netip.PrefixFrom(a, length).String()), nil
}

func cidrSubnets(args []plan.Value) (plan.Value, error) {
	p, numbers, err := networkAndNumbers(args)
	if err != nil {
		return plan.Value{}, err
	}
	if len(args) > MaxElements {
		return plan.Value{}, errElements
	}
	out := make([]plan.Value, len(numbers))
	used := new(big.Int) // addresses taken so far
	for i, bits := range numbers {
		length, err := longer(p, bits)
		if err != nil {
			return plan.Value{}, err
		}
		size := power(p.Addr().BitLen() - length)
		// A network begins at a multiple of its size.
		if rest := new(big.Int).Mod(used, size); rest.Sign() > 0 {
			used.Add(used, size).Sub(used, rest)
		}
		a, ok := shifted(p.Addr(), used)
		if !ok || !p.Contains(a) {
			return plan.Value{}, fmt.Errorf("%s is too small for network number %d", p, i+1)
		}
		out[i] = plan.StringValue(netip.PrefixFrom(a, length).String())
		used.Add(used, size)
	}
	return plan.ListValue(out), nil
}

func cidrContains(prefix, other string) (plan.Value, error) {
	p, err := network(prefix)
	if err != nil {
		return plan.Value{}, err
	}
	if a, err := netip.ParseAddr(other); err == nil {
		return plan.BoolValue(p.Contains(a)), nil
	}
	q, err := network(other)
	if err != nil {
		return plan.Value{}, err
	}
	return plan.BoolValue(p.Contains(q.Addr()) && q.Bits() >= p.Bits()), nil
}
