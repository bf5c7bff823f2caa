// Tools that calculate, with requests: the kind that public collections of requests have least of.
//
// Inputs are written `name: kind`. Kinds: int, num (may have decimals), ints, nums, words (lists),
// word, rate (a share, mostly said in percent), yes (a switch) or a|b|c (a choice). `?` marks an
// input that may be left out; `[...]` in a request is said only when its input is given.

export const numberTools = [
  [
    "geometry.trapezoid_area",
    "Compute the area of a trapezoid from its two parallel sides and its height.",
    { side_a: "num", side_b: "num", height: "num" },
    [
      "What is the area of a trapezoid whose parallel sides are {side_a} and {side_b} and whose height is {height}?",
      "A trapezoid is {height} high with sides of {side_a} and {side_b}. How large is it?",
    ],
  ],
  [
    "cone_volume",
    "Calculates the volume of a cone.",
    { radius: "num", height: "num", unit: "cm|m|inch?" },
    [
      "How much fits into a cone with radius {radius} and height {height}[, in {unit}]?",
      "Find the volume of a cone of height {height} and radius {radius}[ using {unit}].",
    ],
  ],
  [
    "polygon.perimeter",
    "Get the perimeter of a polygon given the lengths of all its sides.",
    { sides: "nums" },
    [
      "What is the perimeter of a polygon with sides {sides}?",
      "The sides of my garden are {sides} long, how long is the fence around it?",
    ],
  ],
  [
    "vector_length",
    "Return the Euclidean length of a vector.",
    { vector: "nums", decimals: "int?" },
    [
      "How long is the vector {vector}[, with {decimals} decimals]?",
      "Give me the length of vector {vector}[ to {decimals} decimals].",
    ],
  ],
  [
    "dot_product",
    "Compute the dot product of two vectors of the same length.",
    { first: "ints", second: "ints" },
    [
      "What is the dot product of {first} and {second}?",
      "Multiply the vectors {first} and {second} by dot product.",
    ],
  ],
  [
    "stats.mean",
    "Average of a list of numbers.",
    { values: "nums" },
    ["What is the average of {values}?", "My grades were {values}, what is the mean?"],
  ],
  [
    "stats.variance",
    "Variance of a list of numbers, of a sample or of a whole population.",
    { values: "nums", sample: "yes?" },
    [
      "Work out the variance of {values}[, {sample:as a sample|not as a sample}].",
      "How much do {values} vary[, {sample:taken as a sample|taken as the population}]?",
    ],
  ],
  [
    "sort_numbers",
    "Sorts numbers in ascending or descending order.",
    { numbers: "ints", order: "ascending|descending" },
    ["Sort {numbers} in {order} order.", "Bring the numbers {numbers} into {order} order."],
  ],
  [
    "linear_regression",
    "Fits a line to points given by their x and y coordinates.",
    { x: "ints", y: "ints", predict_at: "num?" },
    [
      "Fit a line to x = {x} and y = {y}[ and predict the value at {predict_at}].",
      "With x values {x} and y values {y}, do a linear regression[, predicting at {predict_at}].",
    ],
  ],
  [
    "loan.monthly_rate",
    "Compute what a loan costs each month.",
    { principal: "int", annual_interest: "num", years: "int" },
    [
      "What do I pay each month for a loan of {principal} at {annual_interest} percent over {years} years?",
      "A bank lends {principal} dollars for {years} years with {annual_interest}% interest. What is the monthly rate?",
    ],
  ],
  [
    "savings_after",
    "Amount of savings after some years of compound interest.",
    { deposit: "num", rate: "rate", years: "int", compounds_per_year: "int?" },
    [
      "If I deposit {deposit} at a rate of {rate} for {years} years[, compounded {compounds_per_year} times a year], how much will I have?",
      "How much are {deposit} dollars worth after {years} years at {rate} interest[ and {compounds_per_year} compoundings per year]?",
    ],
  ],
  [
    "split_bill",
    "Splits a bill between people, with a tip in percent.",
    { total: "num", people: "int", tip: "num?" },
    [
      "Split a bill of {total} between {people} people[ with a {tip}% tip].",
      "We are {people} and the bill says {total}[, tip {tip} percent]. What does each of us pay?",
    ],
  ],
  [
    "discounted_price",
    "Price after a discount in percent and an optional tax.",
    { price: "num", discount: "num", tax: "num?" },
    [
      "A jacket costs {price} and is {discount} percent off[, plus {tax}% tax]. What do I pay?",
      "Take {discount}% off the price of {price}[ and add {tax} percent tax].",
    ],
  ],
  [
    "physics.kinetic_energy",
    "Kinetic energy of a moving body.",
    { mass: "num", speed: "num" },
    [
      "A body of {mass} kg moves at {speed} m/s. What is its kinetic energy?",
      "Determine the kinetic energy for speed {speed} and mass {mass}.",
    ],
  ],
  [
    "free_fall_time",
    "How long something falls from a height, in seconds.",
    { height: "num", gravity: "num?" },
    [
      "How long does a stone fall from {height} meters[ if gravity is {gravity}]?",
      "Time of a free fall from {height} m[ with g = {gravity}], please.",
    ],
  ],
  [
    "ohm.current",
    "Electric current from voltage and resistance.",
    { voltage: "num", resistance: "num" },
    [
      "Which current flows at {voltage} volts through {resistance} ohms?",
      "With a resistance of {resistance} and a voltage of {voltage}, what is the current?",
    ],
  ],
  [
    "lens_image_distance",
    "Distance of the image behind a thin lens.",
    { focal_length: "num", object_distance: "num" },
    [
      "An object stands {object_distance} cm before a lens with focal length {focal_length} cm. Where is its image?",
      "Lens with f = {focal_length}, object at {object_distance}: find the image distance.",
    ],
  ],
  [
    "mix_solution",
    "Concentration of a mix of two solutions.",
    { volume_1: "num", concentration_1: "num", volume_2: "num", concentration_2: "num" },
    [
      "I mix {volume_1} liters of {concentration_1}% solution with {volume_2} liters of {concentration_2}%. How strong is it?",
      "Mix volume {volume_1} at {concentration_1} percent and volume {volume_2} at {concentration_2} percent.",
    ],
  ],
  [
    "molecule_mass",
    "Molar mass of a compound.",
    { formula: "word", unit: "grams|kilograms?" },
    [
      "What is the molar mass of {formula}[ in {unit}]?",
      "Give me the mass of a mole of {formula}[, in {unit}].",
    ],
  ],
  [
    "dilution_factor",
    "Dilution factor from the sample's and the final volume.",
    { sample_volume: "num", final_volume: "num" },
    ["{sample_volume} ml are brought to {final_volume} ml, what is the dilution factor?"],
  ],
  [
    "population_after",
    "Size of a population after growing for some years.",
    { start: "int", growth_rate: "rate", years: "int" },
    [
      "A town of {start} people grows by {growth_rate} a year. How many live there after {years} years?",
    ],
  ],
  [
    "primes_up_to",
    "All prime numbers up to a limit.",
    { limit: "int" },
    ["List all primes up to {limit}.", "Which prime numbers are not above {limit}?"],
  ],
  [
    "digits.sum",
    "Sum of the digits of a number.",
    { number: "int" },
    ["What do the digits of {number} add up to?", "Sum the digits of {number}."],
  ],
  [
    "lcm",
    "Least common multiple of two integers.",
    { a: "int", b: "int" },
    ["What is the least common multiple of {a} and {b}?", "Find the lcm of {a} and {b}."],
  ],
  [
    "roman_numeral",
    "Writes a number as a Roman numeral.",
    { number: "int", lower_case: "yes?" },
    [
      "How is {number} written in Roman numerals[, {lower_case:in lower case|in upper case}]?",
      "Turn {number} into a Roman numeral[ {lower_case:with small letters|with capital letters}].",
    ],
  ],
  [
    "base_convert",
    "Converts a number from one base to another.",
    { number: "int", from_base: "int?", to_base: "int" },
    [
      "Convert {number}[ from base {from_base}] to base {to_base}.",
      "How is {number} written in base {to_base}[ if it stands in base {from_base}]?",
    ],
  ],
  [
    "matrix_determinant",
    "Determinant of a 2x2 matrix given row by row.",
    { row_1: "ints", row_2: "ints" },
    ["What is the determinant of the matrix with rows {row_1} and {row_2}?"],
  ],
  [
    "probability.at_least_one",
    "Probability that something happens at least once in some tries.",
    { chance: "num", tries: "int" },
    ["With a chance of {chance} each time, how likely is at least one hit in {tries} tries?"],
  ],
  [
    "dice.roll_sum_probability",
    "Probability of a sum when several dice are rolled.",
    { dice: "int", sum: "int", faces: "int?" },
    [
      "How likely is a sum of {sum} with {dice} dice[ of {faces} faces]?",
      "I roll {dice} dice[ with {faces} faces each], what is the probability of {sum}?",
    ],
  ],
  [
    "permutation_count",
    "Number of ways to arrange some items out of many.",
    { items: "int", chosen: "int", repetition: "yes?" },
    [
      "In how many ways can {chosen} of {items} items be arranged[, {repetition:with repetition|without repetition}]?",
    ],
  ],
  [
    "bmi.compute",
    "Body mass index.",
    { weight_kg: "num", height_cm: "num" },
    [
      "What is the BMI of someone of {weight_kg} kg and {height_cm} cm?",
      "I weigh {weight_kg} kilos at {height_cm} centimeters, compute my BMI.",
    ],
  ],
  [
    "calories_burned",
    "Calories that an activity burns.",
    { activity: "running|swimming|cycling|rowing", minutes: "int", weight: "num?" },
    [
      "How many calories do I burn by {activity} for {minutes} minutes[ at a weight of {weight} kg]?",
      "{minutes} minutes of {activity}[, weighing {weight} kilos]: how many calories?",
    ],
  ],
  [
    "paint_needed",
    "Liters of paint for walls, less the area of windows.",
    { wall_area: "num", coats: "int?", window_area: "num?" },
    [
      "How much paint do I need for {wall_area} square meters of wall[ with {coats} coats][ and windows of {window_area} square meters]?",
    ],
  ],
  [
    "fuel_cost",
    "What the fuel of a drive costs.",
    { distance_km: "num", liters_per_100km: "num", price_per_liter: "num" },
    [
      "A car uses {liters_per_100km} liters per 100 km. What does a drive of {distance_km} km cost at {price_per_liter} per liter?",
    ],
  ],
  [
    "temperature.convert",
    "Converts a temperature between scales.",
    { value: "num", from: "celsius|fahrenheit|kelvin", to: "celsius|fahrenheit|kelvin" },
    ["Convert {value} degrees {from} to {to}.", "How much is {value} {from} in {to}?"],
  ],
  [
    "length.convert",
    "Converts a length from one unit to another.",
    {
      amount: "num",
      from_unit: "miles|feet|yards|inches",
      to_unit: "meters|kilometers|centimeters",
    },
    [
      "How many {to_unit} are {amount} {from_unit}?",
      "Convert a length of {amount} {from_unit} into {to_unit}.",
    ],
  ],
  [
    "text.count_word",
    "Counts how often words occur in a list.",
    { words: "words", case_sensitive: "yes?" },
    [
      "How often does each of {words} occur[, {case_sensitive:case sensitive|not case sensitive}]?",
      "Count the words {words}[ {case_sensitive:paying attention to case|ignoring case}].",
    ],
  ],
  [
    "shopping.total",
    "Adds up the prices of a basket.",
    { prices: "nums", coupon: "num?" },
    [
      "My basket has prices {prices}[ and a coupon of {coupon}], what is the total?",
      "Add up {prices}[ less a coupon of {coupon}].",
    ],
  ],
  [
    "team.draw_lots",
    "Draws names at random for teams.",
    { names: "words", teams: "int" },
    ["Put {names} into {teams} teams at random.", "Draw {teams} teams out of {names}."],
  ],
  [
    "triangle.is_right",
    "Tells whether a triangle with three sides is right-angled.",
    { a: "num", b: "num", c: "num" },
    ["Is a triangle with sides {a}, {b} and {c} a right one?"],
  ],
  [
    "projectile.range",
    "How far a projectile flies.",
    { speed: "num", angle: "num", height: "num?" },
    [
      "A ball is thrown at {speed} m/s and an angle of {angle} degrees[ from a height of {height} m]. How far does it fly?",
    ],
  ],
  [
    "circle.sector_area",
    "Area of a sector of a circle.",
    { radius: "num", angle: "num", in_radians: "yes?" },
    [
      "Area of a sector with radius {radius} and angle {angle}[, {in_radians:the angle is in radians|the angle is in degrees}]?",
    ],
  ],
];
