package stdlib

import (
	"github.com/zclconf/go-cty/cty"
)

// documentFunctions find values in the texts that targets answer with. What
// is not there is null, so that capture fails and a condition can ask.
var documentFunctions = []Function{
	plain(Function{Name: "gjson", Category: "document", Signature: "gjson(text, path)",
		Description: "The value at a path in a JSON text, in gjson's syntax, for what response.json.… cannot say; null where there is none.",
		Example:     `gjson("{\"items\":[{\"id\":1,\"open\":false},{\"id\":2,\"open\":true}]}", "items.#(open==true).id")`, Result: `2`},
		cty.DynamicPseudoType, 2, 2, texts2(gjsonOf)),
	withSelector(plain(Function{Name: "css", Category: "document", Signature: "css(html, selector, [attribute])",
		Description: "Of the first element of a page that a CSS selector matches, the text without the spaces around it, or an attribute's value; null where there is none.",
		Example:     `css("<form><input name=csrf value=x1></form>", "input[name=csrf]", "value")`, Result: `"x1"`},
		cty.String, 2, 3, cssOf), firstOf),
	withSelector(plain(Function{Name: "cssall", Category: "document", Signature: "cssall(html, selector, [attribute])",
		Description: "The texts, or an attribute's values, of all elements of a page that a CSS selector matches, as a list.",
		Example:     `cssall("<ul><li>a<li>b</ul>", "ul > li")`, Result: `["a", "b"]`},
		cty.List(cty.String), 2, 3, cssAllOf), allOf),
	withXPath(plain(Function{Name: "xpath", Category: "document", Signature: "xpath(text, path)",
		Description: "What an XPath 1.0 expression finds first in an XML text or an HTML page: the text of an element without the spaces around it, an attribute's value, or the number, bool or text that it computes; null where there is none.",
		Example:     `xpath("<order><id>7</id></order>", "/order/id")`, Result: `"7"`},
		cty.DynamicPseudoType, 2, 2, texts2(xpathOf))),
	withXPath(plain(Function{Name: "xpathall", Category: "document", Signature: "xpathall(text, path)",
		Description: "The texts and values of all that an XPath 1.0 expression finds in an XML text or an HTML page, as a list.",
		Example:     `xpathall("<a><b id='1'/><b id='2'/></a>", "//b/@id")`, Result: `["1", "2"]`},
		cty.List(cty.String), 2, 2, texts2(xpathAllOf))),
}
