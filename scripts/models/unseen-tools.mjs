// Tools that the embedded model is never trained on: no word of their names, descriptions and inputs
// but the smallest (a, of, whether, ...) occurs in any tool that it is trained on.
// Written as in known-tools.mjs; all sentences are held out.

import { choice, flag, integer, text } from "./tool-inputs.mjs";

export const unseenTools = [
  {
    name: "brew_espresso",
    description: "Brew an espresso",
    inputs: { cups: integer(1, 12, "How many cups"), decaf: flag("Whether it is decaf") },
    heldOutAsks: [
      "Would you brew an espresso, {cups} cups, {decaf:decaf|not decaf}?",
      "Brew me some espresso {decaf:with decaf beans|without decaf} in {cups} cups.",
      "It is early and I crave {cups} cups of espresso, {decaf:decaf please|no decaf}.",
    ],
  },
  {
    name: "sharpen_knife",
    description: "Sharpen a knife to an angle",
    inputs: { angle: integer(10, 45, "The angle"), knife: text("word", "Which knife") },
    heldOutAsks: [
      "Sharpen the knife {knife} with an angle of {angle}.",
      "My knife called {knife} is blunt, sharpen it at angle {angle}.",
      "Would you sharpen knife {knife}, angle {angle}?",
    ],
  },
  {
    name: "prune_hedge",
    description: "Prune the hedge",
    inputs: { metres: integer(1, 90, "How many metres") },
    heldOutAsks: [
      "The hedge grew wild, prune {metres} metres of it.",
      "Have {metres} metres of hedge pruned.",
      "Can the hedge be pruned over {metres} metres?",
    ],
  },
  {
    name: "tow_caravan",
    description: "Tow a caravan to a campsite",
    inputs: { campsite: text("place", "The campsite") },
    heldOutAsks: [
      "Tow the caravan to {campsite}.",
      "We left the caravan behind, so tow it over to {campsite}.",
      "Our caravan has to stand in {campsite}, could somebody tow it?",
    ],
  },
  {
    name: "knit_scarf",
    description: "Knit a scarf from wool",
    inputs: {
      stripes: flag("Whether it has stripes"),
      yarn: choice("merino alpaca cashmere mohair", "The yarn"),
    },
    heldOutAsks: [
      "Knit a scarf of {yarn} {stripes:with stripes|without stripes}.",
      "Grandma could knit us a {yarn} scarf, {stripes:stripes included|no stripes}.",
      "For winter I wish for a scarf, {yarn} yarn, {stripes:and stripes on it|but no stripes}.",
    ],
  },
  {
    name: "defrost_salmon",
    description: "Defrost salmon",
    inputs: { grams: integer(50, 900, "How many grams") },
    heldOutAsks: [
      "Defrost {grams} grams of salmon.",
      "Tonight we eat salmon, {grams} grams must be defrosted.",
      "Would you take {grams} grams of salmon and defrost it?",
    ],
  },
  {
    name: "hire_kayak",
    description: "Hire a kayak at a lagoon",
    inputs: { lagoon: text("place", "The lagoon"), paddles: integer(1, 16, "How many paddles") },
    heldOutAsks: [
      "Hire a kayak in {lagoon} with {paddles} paddles.",
      "We go to the lagoon {lagoon} and hire a kayak, {paddles} paddles.",
      "At {lagoon} I would hire one kayak plus {paddles} paddles.",
    ],
  },
  {
    name: "tune_piano",
    description: "Tune the piano",
    inputs: { pedals: flag("Whether pedals are greased"), pitch: integer(400, 460, "Which pitch") },
    heldOutAsks: [
      "Tune our piano to a pitch of {pitch}, {pedals:with the pedals|without the pedals}.",
      "The piano sounds odd: tune it, pitch {pitch}, pedals {pedals:on|off}.",
      "Somebody must tune the piano at pitch {pitch} {pedals:including pedals|excluding pedals}.",
    ],
  },
  {
    name: "polish_trophy",
    description: "Polish a trophy until it shines",
    inputs: { trophy: text("code", "The trophy") },
    heldOutAsks: [
      "Polish the trophy {trophy}.",
      "Could trophy {trophy} be polished before the ceremony?",
      "{trophy} is dusty, please polish that trophy.",
    ],
  },
  {
    name: "vaccinate_cattle",
    description: "Vaccinate cattle of a herd",
    inputs: {
      cows: integer(2, 400, "How many cows"),
      vaccine: choice("anthrax rabies bluetongue brucella", "The vaccine"),
    },
    heldOutAsks: [
      "Vaccinate {cows} cows against {vaccine}.",
      "All {cows} cows of the herd get the {vaccine} vaccine, vaccinate them.",
      "The vet should vaccinate our cattle, {cows} cows, vaccine {vaccine}.",
    ],
  },
  {
    name: "forge_horseshoe",
    description: "Forge a horseshoe of steel",
    inputs: { nails: integer(4, 60, "How many nails"), stallion: text("word", "The stallion") },
    heldOutAsks: [
      "Forge a horseshoe for {stallion} with {nails} nails.",
      "The stallion {stallion} lost a horseshoe, forge another, {nails} nails.",
      "Would the smith forge one horseshoe, {nails} nails, for the stallion {stallion}?",
    ],
  },
  {
    name: "inflate_balloon",
    description: "Inflate a balloon with helium",
    inputs: { helium: flag("Whether helium goes in"), litres: integer(1, 300, "How many litres") },
    heldOutAsks: [
      "Inflate the balloon to {litres} litres {helium:with helium|without helium}.",
      "A balloon of {litres} litres should be inflated, {helium:using helium|no helium}.",
      "Would you inflate that balloon, {litres} litres, {helium:helium please|not with helium}?",
    ],
  },
  {
    name: "harvest_grapes",
    description: "Harvest grapes in a vineyard",
    inputs: { crates: integer(1, 200, "How many crates"), vineyard: text("place", "The vineyard") },
    heldOutAsks: [
      "Harvest {crates} crates of grapes at {vineyard}.",
      "The grapes in {vineyard} are ripe, harvest {crates} crates.",
      "Let the helpers harvest grapes, {crates} crates, vineyard {vineyard}.",
    ],
  },
  {
    name: "bury_treasure",
    description: "Bury a treasure on the beach",
    inputs: { feet: integer(2, 40, "How many feet"), pirate: text("person", "The pirate") },
    heldOutAsks: [
      "Bury the treasure of pirate {pirate} under {feet} feet of sand.",
      "Pirate {pirate} has treasure to bury, {feet} feet down.",
      "Would you bury this treasure {feet} feet below for {pirate}?",
    ],
  },
  {
    name: "iron_blouse",
    description: "Iron a blouse",
    inputs: {
      fabric: choice("silk cotton linen denim", "The fabric"),
      steam: flag("Whether steam is used"),
    },
    heldOutAsks: [
      "Iron the {fabric} blouse {steam:with steam|without steam}.",
      "My blouse, fabric {fabric}, is wrinkled: iron it, {steam:steam on|steam off}.",
      "Somebody should iron a blouse of {fabric} {steam:using steam|using no steam}.",
    ],
  },
  {
    name: "launch_rocket",
    description: "Launch a rocket into orbit",
    inputs: {
      astronauts: integer(1, 20, "How many astronauts"),
      rocket: text("word", "The rocket"),
    },
    heldOutAsks: [
      "Launch the rocket {rocket} with {astronauts} astronauts.",
      "{astronauts} astronauts sit in the rocket {rocket}, launch it.",
      "Is {rocket} ready? Launch that rocket, {astronauts} astronauts aboard.",
    ],
  },
  {
    name: "dissolve_marriage",
    description: "Dissolve a marriage before the judge",
    inputs: { judge: text("person", "The judge") },
    heldOutAsks: [
      "Dissolve the marriage before judge {judge}.",
      "They no longer love each other, so {judge} shall dissolve the marriage.",
      "Which papers dissolve a marriage? Ask judge {judge} to do it.",
    ],
  },
  {
    name: "shear_sheep",
    description: "Shear sheep on the meadow",
    inputs: { sheep: integer(2, 500, "How many sheep"), shepherd: text("person", "The shepherd") },
    heldOutAsks: [
      "Shear {sheep} sheep with the shepherd {shepherd}.",
      "The shepherd {shepherd} wants {sheep} sheep to be shorn, shear them.",
      "Shepherd {shepherd} would shear {sheep} sheep on Monday.",
    ],
  },
  {
    name: "bandage_wound",
    description: "Bandage a wound",
    inputs: {
      gauze: flag("Whether gauze is laid"),
      limb: choice("elbow knee ankle wrist thumb", "The limb"),
    },
    heldOutAsks: [
      "Bandage the wound on my {limb} {gauze:with gauze|without gauze}.",
      "There is a wound, limb {limb}, bandage it, {gauze:gauze please|no gauze}.",
      "The nurse should bandage his {limb} wound {gauze:including gauze|skipping gauze}.",
    ],
  },
  {
    name: "decode_cipher",
    description: "Decode a cipher",
    inputs: { cipher: text("code", "The cipher"), offset: integer(1, 25, "The offset") },
    heldOutAsks: [
      "Decode the cipher {cipher} with offset {offset}.",
      "The spy got cipher {cipher}, decode it using an offset of {offset}.",
      "Would {cipher} decode at offset {offset}? It is a cipher.",
    ],
  },
  {
    name: "evict_tenant",
    description: "Evict a tenant from a flat",
    inputs: { lawful: flag("Whether it is lawful"), tenant: text("person", "The tenant") },
    heldOutAsks: [
      "Evict the tenant {tenant}, {lawful:it is lawful|it is not lawful}.",
      "Tenant {tenant} never pays: evict, {lawful:lawful|not lawful}.",
      "We must evict {tenant}, our tenant, {lawful:and make it lawful|even if not lawful}.",
    ],
  },
  {
    name: "ferment_cabbage",
    description: "Ferment cabbage in jars",
    inputs: {
      jars: integer(1, 70, "How many jars"),
      spice: choice("caraway juniper ginger cumin", "The spice"),
    },
    heldOutAsks: [
      "Ferment cabbage in {jars} jars with {spice}.",
      "{jars} jars of cabbage, spice {spice}, should ferment.",
      "Would you ferment this cabbage using {spice} as spice, {jars} jars?",
    ],
  },
  {
    name: "crown_monarch",
    description: "Crown a monarch in the cathedral",
    inputs: { cathedral: text("place", "The cathedral"), monarch: text("person", "The monarch") },
    heldOutAsks: [
      "Crown the monarch {monarch} in the cathedral {cathedral}.",
      "The monarch is {monarch} and the cathedral is {cathedral}: crown them.",
      "At cathedral {cathedral} they crown monarch {monarch}.",
    ],
  },
  {
    name: "excavate_fossil",
    description: "Excavate a fossil",
    inputs: { brush: flag("Whether a brush helps"), fossil: text("code", "The fossil") },
    heldOutAsks: [
      "Excavate fossil {fossil} {brush:with a brush|without a brush}.",
      "The fossil {fossil} shall be excavated, {brush:brush yes|no brush}.",
      "Would you excavate that fossil, {fossil}, {brush:using the brush|not using the brush}?",
    ],
  },
  {
    name: "juggle_torches",
    description: "Juggle burning torches",
    inputs: { torches: integer(3, 15, "How many torches") },
    heldOutAsks: [
      "Juggle {torches} torches.",
      "Would the clown juggle {torches} torches at once?",
      "For the circus, juggle with {torches} torches that burn.",
    ],
  },
  {
    name: "dye_wig",
    description: "Dye a wig",
    inputs: {
      tint: choice("crimson turquoise magenta ochre", "The tint"),
      wig: text("word", "The wig"),
    },
    heldOutAsks: [
      "Dye the wig {wig} in {tint}.",
      "The actress wears wig {wig}: dye it, tint {tint}.",
      "Could somebody dye {wig} {tint}? It is a wig.",
    ],
  },
  {
    name: "moor_yacht",
    description: "Moor a yacht at the pier",
    inputs: { pier: integer(1, 80, "Which pier"), yacht: text("word", "The yacht") },
    heldOutAsks: [
      "Moor the yacht {yacht} at pier {pier}.",
      "The yacht named {yacht} arrives soon, moor it on pier {pier}.",
      "Pier {pier} is free, let {yacht} moor there, it is a yacht.",
    ],
  },
  {
    name: "exorcise_ghost",
    description: "Exorcise a ghost from the castle",
    inputs: { castle: text("place", "The castle"), garlic: flag("Whether garlic is hung") },
    heldOutAsks: [
      "Exorcise the ghost in {castle} {garlic:with garlic|without garlic}.",
      "Castle {castle} has a ghost, exorcise it, {garlic:garlic included|no garlic}.",
      "Would the priest exorcise a ghost at {castle}, {garlic:plus garlic|minus garlic, so no garlic}?",
    ],
  },
  {
    name: "grind_pepper",
    description: "Grind pepper coarsely",
    inputs: { spoons: integer(1, 24, "How many spoons") },
    heldOutAsks: [
      "Grind {spoons} spoons of pepper.",
      "The soup lacks pepper, grind {spoons} spoons.",
      "Would you grind pepper, {spoons} spoons of it?",
    ],
  },
  {
    name: "plough_acre",
    description: "Plough acres with a tractor",
    inputs: { acres: integer(1, 300, "How many acres"), tractor: text("code", "The tractor") },
    heldOutAsks: [
      "Plough {acres} acres with tractor {tractor}.",
      "Let tractor {tractor} plough {acres} acres.",
      "Spring is near: plough {acres} acres, tractor {tractor}.",
    ],
  },
  {
    name: "appoint_ambassador",
    description: "Appoint an ambassador to an embassy",
    inputs: { ambassador: text("person", "The ambassador"), embassy: text("place", "The embassy") },
    heldOutAsks: [
      "Appoint {ambassador} as ambassador, embassy {embassy}.",
      "The embassy {embassy} lacks an ambassador, appoint {ambassador}.",
      "As ambassador for the embassy {embassy} they appoint {ambassador}.",
    ],
  },
  {
    name: "stitch_quilt",
    description: "Stitch a quilt of patches",
    inputs: {
      patches: integer(4, 120, "How many patches"),
      ruffles: flag("Whether ruffles go along"),
    },
    heldOutAsks: [
      "Stitch a quilt of {patches} patches {ruffles:with ruffles|without ruffles}.",
      "A quilt with {patches} patches should be stitched, {ruffles:ruffles too|no ruffles}.",
      "Would aunt stitch us one quilt, {patches} patches, {ruffles:including ruffles|not with ruffles}?",
    ],
  },
  {
    name: "smuggle_diamond",
    description: "Smuggle a diamond past the border",
    inputs: { carats: integer(1, 99, "How many carats"), courier: text("person", "The courier") },
    heldOutAsks: [
      "On stage {courier} is the courier, smuggle a diamond of {carats} carats.",
      "Smuggle the diamond with {carats} carats, courier {courier}.",
      "The courier {courier} will smuggle one diamond, {carats} carats.",
    ],
  },
  {
    name: "trim_beard",
    description: "Trim a beard",
    inputs: {
      barber: text("person", "The barber"),
      style: choice("goatee stubble moustache sideburns", "The style"),
    },
    heldOutAsks: [
      "Trim my beard in the {style} style, barber {barber}.",
      "Barber {barber} will trim the beard as {style}.",
      "I look wild, let the barber {barber} trim this beard, style {style}.",
    ],
  },
];
