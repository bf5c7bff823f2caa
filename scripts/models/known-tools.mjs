// Tools that the embedded model is trained on, with the sentences that ask for them.
//
// A template holds `{input}` where a value stands, and `{input:TRUE|FALSE}` where words say whether a
// switch is on. `asks` are for training, `heldOutAsks` for tests alone. `gives` is what a call returns.

import { choice, flag, integer, text } from "./tool-inputs.mjs";

export const knownTools = [
  {
    name: "retrieve_payment_status",
    description: "Get the payment status of a transaction",
    inputs: { transaction_id: text("code", "The transaction id.") },
    gives: { status: "Paid|Unpaid|Pending|Refunded|Cancelled" },
    asks: [
      "What is the payment status of transaction {transaction_id}?",
      "Please check the status of the payment {transaction_id}.",
      "Has the transaction {transaction_id} been paid?",
      "Is {transaction_id} paid already?",
      "Tell me the status of transaction {transaction_id}.",
      "I want to know the status of my payment {transaction_id}.",
    ],
    heldOutAsks: [
      "What's the status of my transaction {transaction_id}?",
      "Could you look up whether payment {transaction_id} has gone through, its status?",
    ],
  },
  {
    name: "retrieve_payment_date",
    description: "Get the payment date of a transaction",
    inputs: { transaction_id: text("code", "The transaction id.") },
    gives: { date: "date" },
    asks: [
      "When was transaction {transaction_id} paid?",
      "What is the payment date of {transaction_id}?",
      "On which date did I pay {transaction_id}?",
      "Tell me the date of the payment {transaction_id}.",
      "When did the customer pay transaction {transaction_id}?",
    ],
    heldOutAsks: [
      "When did I pay {transaction_id}?",
      "Please look up the date on which {transaction_id} was paid.",
    ],
  },
  {
    name: "refund_payment",
    description: "Refund a payment to the customer",
    inputs: {
      amount: integer(1, 900, "How much to refund"),
      transaction_id: text("code", "The transaction id."),
    },
    gives: { refund: "code" },
    asks: [
      "Refund {amount} of the payment {transaction_id}.",
      "Give the customer {amount} back for transaction {transaction_id}.",
      "Please refund {amount} for {transaction_id} to the customer.",
      "I want a refund of {amount} on {transaction_id}.",
    ],
    heldOutAsks: [
      "The customer of {transaction_id} should get a refund of {amount}.",
      "Can you pay back {amount} on payment {transaction_id} as a refund?",
    ],
  },
  {
    name: "get_weather",
    description: "Get the weather of a city",
    inputs: {
      city: text("place", "The city"),
      unit: choice("celsius fahrenheit", "The unit of the temperature"),
    },
    gives: { weather: "sunny|cloudy|rainy|windy", temperature: "integer" },
    asks: [
      "What is the weather in {city} in {unit}?",
      "How is the weather in {city}? Use {unit}.",
      "Tell me the weather of {city} in {unit}, please.",
      "Is it warm in {city}? Give the weather in {unit}.",
    ],
    heldOutAsks: [
      "I am going to {city}, so what is the weather there in {unit}?",
      "In {unit}, how warm is the weather at {city} today?",
    ],
  },
  {
    name: "get_forecast",
    description: "Get the weather forecast of a city for the next days",
    inputs: { city: text("place", "The city"), days: integer(1, 14, "How many days") },
    gives: { forecast: "sunny|cloudy|rainy|windy" },
    asks: [
      "Show the forecast for {city} for {days} days.",
      "What is the forecast in {city} over the next {days} days?",
      "Give me a forecast of {days} days for {city}.",
      "How will the next {days} days be in {city}? I need the forecast.",
    ],
    heldOutAsks: [
      "For the coming {days} days, what does the forecast say about {city}?",
      "A forecast over {days} days of {city}, please.",
    ],
  },
  {
    name: "set_alarm",
    description: "Set an alarm at a time",
    inputs: { repeat: flag("Whether the alarm repeats every day"), time: text("time", "The time") },
    gives: { alarm: "code" },
    asks: [
      "Set an alarm at {time}{repeat:, repeat it every day|, do not repeat it}.",
      "Wake me with an alarm at {time} {repeat:every day, with repeat|once, without repeat}.",
      "I need an alarm for {time}{repeat: that repeats| that does not repeat}.",
      "Please set the alarm to {time}, {repeat:repeat on|repeat off}.",
    ],
    heldOutAsks: [
      "Put an alarm at {time} for me, and {repeat:make it repeat|no repeat this time}.",
      "At {time} an alarm should ring, {repeat:with repeat, please|without any repeat}.",
    ],
  },
  {
    name: "start_timer",
    description: "Start a timer of some minutes",
    inputs: {
      label: text("word", "The label of the timer"),
      minutes: integer(1, 120, "How many minutes"),
    },
    gives: { timer: "code" },
    asks: [
      "Start a timer of {minutes} minutes with the label {label}.",
      "Set a timer labelled {label} for {minutes} minutes.",
      "Please start the {label} timer, {minutes} minutes.",
      "I need a timer called {label} of {minutes} minutes.",
    ],
    heldOutAsks: [
      "Begin a {minutes} minutes timer, its label is {label}.",
      "Could a timer run {minutes} minutes for {label}?",
    ],
  },
  {
    name: "turn_light",
    description: "Turn the light of a room on or off",
    inputs: {
      on: flag("Whether the light is on"),
      room: choice("kitchen bathroom bedroom hall garage office", "The room"),
    },
    gives: { light: "on|off" },
    asks: [
      "Turn {on:on|off} the light in the {room}.",
      "Switch the {room} light {on:on|off}.",
      "Please turn the light of the {room} {on:on|off}.",
      "The light in the {room} should be {on:on|off}.",
    ],
    heldOutAsks: [
      "Can you turn the light {on:on|off} in my {room}?",
      "Light {on:on|off} in the {room}, please.",
    ],
  },
  {
    name: "dim_light",
    description: "Dim the light of a room to a brightness",
    inputs: {
      brightness: integer(1, 100, "The brightness in percent"),
      room: choice("kitchen bathroom bedroom hall garage office", "The room"),
    },
    gives: { brightness: "integer" },
    asks: [
      "Dim the {room} light to {brightness} percent.",
      "Set the brightness in the {room} to {brightness}.",
      "Please dim the light in the {room} to {brightness} percent.",
      "I want {brightness} percent brightness in the {room}.",
    ],
    heldOutAsks: [
      "Make the light of the {room} dim, brightness {brightness}.",
      "In the {room} dim everything to {brightness} percent.",
    ],
  },
  {
    name: "set_thermostat",
    description: "Set the temperature of the heating",
    inputs: {
      degrees: integer(10, 30, "The temperature in degrees"),
      room: choice("kitchen bathroom bedroom hall garage office", "The room"),
    },
    gives: { temperature: "integer" },
    asks: [
      "Set the heating in the {room} to {degrees} degrees.",
      "Heat the {room} to {degrees} degrees.",
      "I want a temperature of {degrees} degrees in the {room}.",
      "Please put the {room} thermostat at {degrees}.",
    ],
    heldOutAsks: [
      "It is cold, make the {room} {degrees} degrees with the heating.",
      "The thermostat of the {room} belongs at {degrees} degrees.",
    ],
  },
  {
    name: "play_music",
    description: "Play music of an artist",
    inputs: { artist: text("person", "The artist"), shuffle: flag("Whether to shuffle the songs") },
    gives: { song: "word" },
    asks: [
      "Play music of {artist} {shuffle:with shuffle|without shuffle}.",
      "I want to hear {artist}, {shuffle:shuffle the songs|do not shuffle}.",
      "Put on some music by {artist}, shuffle {shuffle:on|off}.",
      "Play songs by {artist}{shuffle: and shuffle them| but no shuffle}.",
    ],
    heldOutAsks: [
      "Let me listen to music from {artist}, {shuffle:shuffle please|no shuffle please}.",
      "Some {artist} music now, and {shuffle:do shuffle|never shuffle}.",
    ],
  },
  {
    name: "set_volume",
    description: "Set the volume of the speaker",
    inputs: { volume: integer(0, 100, "The volume in percent") },
    gives: { volume: "integer" },
    asks: [
      "Set the volume to {volume}.",
      "Turn the speaker to {volume} percent.",
      "Volume {volume}, please.",
      "I want the volume at {volume} percent.",
    ],
    heldOutAsks: [
      "Make the speaker play with a volume of {volume}.",
      "Can the volume be {volume} percent?",
    ],
  },
  {
    name: "send_message",
    description: "Send a message to a person",
    inputs: {
      message: text("phrase", "The text of the message"),
      recipient: text("person", "Who gets it"),
    },
    gives: { message: "code" },
    asks: [
      'Send the message "{message}" to {recipient}.',
      'Text {recipient}: "{message}".',
      'Tell {recipient} "{message}" in a message.',
      'Write a message to {recipient} that says "{message}".',
    ],
    heldOutAsks: [
      'Let {recipient} know by message: "{message}".',
      'A message for {recipient}, please: "{message}".',
    ],
  },
  {
    name: "call_contact",
    description: "Call a person by phone",
    inputs: { contact: text("person", "Who is called"), video: flag("Whether it is a video call") },
    gives: { call: "code" },
    asks: [
      "Call {contact} {video:with video|without video}.",
      "Phone {contact}, {video:as a video call|no video}.",
      "Please call {contact}{video: on video|, not on video}.",
      "Start a call to {contact}, video {video:on|off}.",
    ],
    heldOutAsks: [
      "I have to call {contact}, {video:a video call please|without the video}.",
      "Get {contact} on the phone {video:with video on|with video off}.",
    ],
  },
  {
    name: "create_event",
    description: "Create an event in the calendar",
    inputs: {
      date: text("date", "The date"),
      time: text("time", "The time"),
      title: text("phrase", "The title"),
    },
    gives: { event: "code" },
    asks: [
      'Create an event "{title}" on {date} at {time}.',
      'Put "{title}" into my calendar on {date} at {time}.',
      'Add the event "{title}" for {date}, {time}.',
      'On {date} at {time} I have "{title}", add it to the calendar.',
    ],
    heldOutAsks: [
      'My calendar needs an event at {time} on {date}: "{title}".',
      'Please create "{title}" in the calendar, {date} at {time}.',
    ],
  },
  {
    name: "delete_event",
    description: "Delete an event from the calendar",
    inputs: {
      event_id: text("code", "The id of the event"),
      notify: flag("Whether to notify the guests"),
    },
    gives: { event: "code" },
    asks: [
      "Delete the event {event_id} and {notify:notify the guests|do not notify anyone}.",
      "Remove {event_id} from my calendar, {notify:with notify|without notify}.",
      "Cancel event {event_id}, {notify:notify everyone|notify nobody}.",
      "Please delete event {event_id}, notify {notify:on|off}.",
    ],
    heldOutAsks: [
      "The event {event_id} must be deleted, {notify:and notify the guests|but do not notify the guests}.",
      "Take {event_id} out of the calendar {notify:and notify them|without notifying them}.",
    ],
  },
  {
    name: "book_table",
    description: "Book a table at a restaurant",
    inputs: {
      people: integer(1, 20, "How many people"),
      restaurant: text("word", "The restaurant"),
      time: text("time", "The time"),
    },
    gives: { reservation: "code" },
    asks: [
      "Book a table at {restaurant} for {people} people at {time}.",
      "Reserve a table for {people} people at {time} in the restaurant {restaurant}.",
      "I want a table at {restaurant}, {time}, {people} people.",
      "We are {people} people, book us a table at {restaurant} for {time}.",
    ],
    heldOutAsks: [
      "A table for {people} people at {restaurant} at {time}, can you book that?",
      "Please get us {people} people a table, {restaurant} at {time}.",
    ],
  },
  {
    name: "find_restaurant",
    description: "Find a restaurant with some kind of food",
    inputs: {
      city: text("place", "The city"),
      food: choice("italian indian chinese mexican greek french", "The kind of food"),
    },
    gives: { restaurant: "word" },
    asks: [
      "Find a {food} restaurant in {city}.",
      "Where can I eat {food} food in {city}?",
      "I want a restaurant with {food} food in {city}.",
      "Is there any {food} restaurant around {city}?",
    ],
    heldOutAsks: [
      "We would like {food} food, which restaurant does {city} have?",
      "Look for a {food} restaurant near {city}.",
    ],
  },
  {
    name: "book_flight",
    description: "Book a flight between two cities",
    inputs: {
      destination: text("place", "Where to fly to"),
      origin: text("place", "Where to fly from"),
      passengers: integer(1, 30, "How many passengers"),
    },
    gives: { booking: "code" },
    asks: [
      "Book a flight from {origin} to {destination} for {passengers} passengers.",
      "I need a flight to {destination} from {origin}, {passengers} passengers.",
      "Fly {passengers} passengers from {origin} to {destination}.",
      "Get us a flight, origin {origin}, destination {destination}, {passengers} passengers.",
    ],
    heldOutAsks: [
      "We are {passengers} passengers and want a flight from {origin} to {destination}.",
      "A flight for {passengers} passengers to {destination}, leaving from {origin}, please.",
    ],
  },
  {
    name: "flight_status",
    description: "Get the status of a flight",
    inputs: { flight_number: text("code", "The number of the flight") },
    gives: { status: "delayed|boarding|landed|cancelled" },
    asks: [
      "What is the status of flight {flight_number}?",
      "Is flight {flight_number} late?",
      "Check flight {flight_number} for me.",
      "Has the flight {flight_number} landed?",
    ],
    heldOutAsks: [
      "I am waiting for flight {flight_number}, what is its status?",
      "Any delay of the flight {flight_number}?",
    ],
  },
  {
    name: "book_hotel",
    description: "Book a hotel room",
    inputs: {
      breakfast: flag("Whether breakfast is included"),
      city: text("place", "The city"),
      nights: integer(1, 21, "How many nights"),
    },
    gives: { booking: "code" },
    asks: [
      "Book a hotel in {city} for {nights} nights {breakfast:with breakfast|without breakfast}.",
      "I need a hotel room in {city}, {nights} nights, {breakfast:breakfast included|no breakfast}.",
      "Reserve {nights} nights at a hotel in {city}, {breakfast:with breakfast|not with breakfast}.",
      "Get me a room in {city} for {nights} nights{breakfast: and breakfast|, breakfast is not needed}.",
    ],
    heldOutAsks: [
      "We stay {nights} nights in {city}, book a hotel {breakfast:including breakfast|excluding breakfast}.",
      "A hotel for {nights} nights in {city}, please, {breakfast:yes to breakfast|no to breakfast}.",
    ],
  },
  {
    name: "translate_text",
    description: "Translate a text into a language",
    inputs: {
      language: choice("german spanish french swedish turkish danish", "The language"),
      text: text("phrase", "The text"),
    },
    gives: { translation: "phrase" },
    asks: [
      'Translate "{text}" into {language}.',
      'What is "{text}" in {language}?',
      'How do you say "{text}" in {language}?',
      'Give me the {language} translation of "{text}".',
    ],
    heldOutAsks: [
      'I need "{text}" translated to {language}.',
      'Into {language}, please translate: "{text}".',
    ],
  },
  {
    name: "convert_currency",
    description: "Convert an amount of money to another currency",
    inputs: {
      amount: integer(1, 900, "The amount"),
      currency: choice("dollar euro pound yen franc krona", "The currency to convert to"),
    },
    gives: { amount: "integer" },
    asks: [
      "Convert {amount} to {currency}.",
      "How much is {amount} in {currency}?",
      "Change an amount of {amount} into {currency}.",
      "What are {amount} worth in the currency {currency}?",
    ],
    heldOutAsks: [
      "I have {amount}, convert the money to {currency}.",
      "If I convert it to {currency}, how much is {amount}?",
    ],
  },
  {
    name: "order_pizza",
    description: "Order a pizza",
    inputs: {
      cheese: flag("Whether there is extra cheese"),
      count: integer(1, 20, "How many pizzas"),
      size: choice("small medium large", "The size"),
    },
    gives: { order: "code" },
    asks: [
      "Order {count} {size} pizzas {cheese:with extra cheese|without extra cheese}.",
      "I want {count} pizzas, {size}, {cheese:extra cheese|no cheese}.",
      "Please order pizza: {count} of size {size}, {cheese:with cheese|without cheese}.",
      "Get us {count} {size} pizzas{cheese: and extra cheese|, no extra cheese}.",
    ],
    heldOutAsks: [
      "{count} pizzas in {size}, please order them {cheese:with the extra cheese|with no extra cheese}.",
      "We are hungry: order {count} pizzas of the {size} size, {cheese:cheese please|skip the cheese}.",
    ],
  },
  {
    name: "track_parcel",
    description: "Track where a parcel is",
    inputs: { parcel_number: text("code", "The number of the parcel") },
    gives: { place: "place", status: "shipped|delivered|delayed|returned" },
    asks: [
      "Where is the parcel {parcel_number}?",
      "Track parcel {parcel_number}.",
      "Has my parcel {parcel_number} been delivered?",
      "I wait for parcel {parcel_number}, where is it?",
    ],
    heldOutAsks: [
      "Can you tell where my parcel with the number {parcel_number} is?",
      "Please track {parcel_number}, a parcel of mine.",
    ],
  },
  {
    name: "add_to_list",
    description: "Add an item to the shopping list",
    inputs: { item: text("word", "The item"), quantity: integer(1, 40, "How many") },
    gives: { list: "integer" },
    asks: [
      "Add {quantity} {item} to the shopping list.",
      "Put {quantity} {item} on my list.",
      "We need {quantity} {item}, add it to the list.",
      "Shopping list: {quantity} {item}.",
    ],
    heldOutAsks: [
      "On the shopping list, please write {quantity} {item}.",
      "Could {quantity} {item} go on the shopping list?",
    ],
  },
  {
    name: "find_recipe",
    description: "Find a recipe that can be cooked in some minutes",
    inputs: {
      minutes: integer(5, 120, "How many minutes it may take"),
      vegan: flag("Whether it is vegan"),
    },
    gives: { recipe: "word" },
    asks: [
      "Find a recipe that takes {minutes} minutes, {vegan:vegan|not vegan}.",
      "What can I cook in {minutes} minutes? {vegan:A vegan recipe.|No vegan recipe.}",
      "Show me a {vegan:vegan|non vegan} recipe of {minutes} minutes.",
      "I have {minutes} minutes to cook, find a recipe, {vegan:vegan please|it need not be vegan}.",
    ],
    heldOutAsks: [
      "Which recipe is done after {minutes} minutes, {vegan:and is vegan|and is not vegan}?",
      "Something to cook within {minutes} minutes, {vegan:a vegan recipe|no vegan one}.",
    ],
  },
  {
    name: "get_stock_price",
    description: "Get the price of a stock",
    inputs: { company: text("word", "The company") },
    gives: { price: "integer" },
    asks: [
      "What is the stock price of {company}?",
      "How much is a stock of {company}?",
      "Get the price of the {company} stock.",
      "Tell me what {company} costs on the stock market.",
    ],
    heldOutAsks: [
      "At what price is the stock of {company} traded?",
      "I own {company}, how is the stock?",
    ],
  },
  {
    name: "get_news",
    description: "Get the news about a topic",
    inputs: {
      count: integer(1, 20, "How many articles"),
      topic: choice("sports politics science business health travel", "The topic"),
    },
    gives: { article: "phrase" },
    asks: [
      "Show me {count} news about {topic}.",
      "Get {count} articles of {topic} news.",
      "What is new in {topic}? Give me {count} articles.",
      "Read me {count} news articles on {topic}.",
    ],
    heldOutAsks: [
      "I like {topic}, so get me {count} news articles.",
      "From the {topic} news, {count} articles please.",
    ],
  },
  {
    name: "create_note",
    description: "Write a note",
    inputs: { text: text("phrase", "The text of the note") },
    gives: { note: "code" },
    asks: [
      'Write a note: "{text}".',
      'Note "{text}" for me.',
      'Create a note that says "{text}".',
      'Make a note with the text "{text}".',
    ],
    heldOutAsks: ['Please keep a note of "{text}".', 'I must not forget "{text}", so note it.'],
  },
  {
    name: "set_reminder",
    description: "Remind of something at a time",
    inputs: { task: text("phrase", "What to remind of"), time: text("time", "When to remind") },
    gives: { reminder: "code" },
    asks: [
      'Remind me at {time}: "{task}".',
      'Set a reminder "{task}" for {time}.',
      'At {time} remind me of "{task}".',
      'I need a reminder at {time} about "{task}".',
    ],
    heldOutAsks: [
      'Please do not let me forget "{task}", remind me at {time}.',
      'A reminder for {time}, please: "{task}".',
    ],
  },
  {
    name: "customer_address",
    description: "Get the address of a customer",
    inputs: { customer: text("person", "The name of the customer") },
    gives: { address: "place" },
    asks: [
      "What is the address of {customer}?",
      "Where does the customer {customer} live?",
      "Get me the address of customer {customer}.",
      "To which address do we ship for {customer}?",
    ],
    heldOutAsks: [
      "I am looking for {customer}, do we have the address?",
      "Please give out the address of our customer {customer}.",
    ],
  },
  {
    name: "cancel_order",
    description: "Cancel an order of a customer",
    inputs: {
      order_number: text("code", "The number of the order"),
      refund: flag("Whether the customer gets a refund"),
    },
    gives: { order: "code" },
    asks: [
      "Cancel order {order_number} {refund:with refund|without refund}.",
      "Please cancel the order {order_number}, {refund:the customer gets a refund|no refund}.",
      "Order {order_number} is wrong, cancel it, {refund:with a refund|without any refund}.",
      "Cancel {order_number}, refund {refund:on|off}.",
    ],
    heldOutAsks: [
      "The customer does not want order {order_number} any more, cancel it, {refund:and refund it|and do not refund it}.",
      "Can order {order_number} be cancelled, {refund:refund included|refund excluded}?",
    ],
  },
  {
    name: "open_door",
    description: "Open a door of the house",
    inputs: { door: choice("front back side cellar", "Which door") },
    gives: { door: "open|closed" },
    asks: [
      "Open the {door} door.",
      "Please let them in at the {door} door.",
      "Can you open the {door} door of the house?",
      "The {door} door should be opened.",
    ],
    heldOutAsks: [
      "Someone is waiting, open our {door} door.",
      "Would you open the door at the {door}?",
    ],
  },
  {
    name: "calculate_tip",
    description: "Calculate the tip of a bill",
    inputs: {
      bill: integer(5, 500, "The sum of the bill"),
      percent: integer(1, 30, "The tip in percent"),
    },
    gives: { tip: "integer" },
    asks: [
      "Calculate a tip of {percent} percent on a bill of {bill}.",
      "The bill is {bill}, how much is a {percent} percent tip?",
      "How much tip is {percent} percent of {bill}?",
      "What do I tip at {percent} percent if the bill says {bill}?",
    ],
    heldOutAsks: [
      "My bill comes to {bill} and I tip {percent} percent, calculate it.",
      "Work out {percent} percent tip for the bill of {bill}.",
    ],
  },
  {
    name: "check_password",
    description: "Check how strong a password is",
    inputs: { password: text("code", "The password") },
    gives: { strength: "weak|good|strong" },
    asks: [
      "Is the password {password} strong?",
      "Check the password {password}.",
      "How strong is {password} as a password?",
      "Please check whether {password} is a good password.",
    ],
    heldOutAsks: [
      "I chose {password} as my password, is it strong?",
      "Would {password} make a strong password?",
    ],
  },
];
