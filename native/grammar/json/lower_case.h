// The lower case of names, as JavaScript's toLowerCase and Python's str.lower write it.
#pragma once

#include <string>
#include <string_view>

namespace lorikeet::grammar::json {

// `text` in lower case. What is no UTF-8 stays as it is.
std::string LowerCase(std::string_view text);

}  // namespace lorikeet::grammar::json
