// English words that made tools are named with. The tools that only tests use have none of them.

const split = (text) => text.trim().split(/\s+/);

const verbs = split(`
  get find show list check open close start stop send book cancel create delete update add remove
  set change move copy save load read write print share play pause record count measure compare
  convert translate search track follow watch call invite order buy sell pay refund rent return
  ship deliver collect plan schedule remind report review rate rank sort filter merge join leave
  enter lock unlock turn switch dim raise lower heat cool clean wash cook bake mix pour cut fix
  repair replace build paint draw design test scan upload download install register verify approve
  reject assign release archive export import publish hide mute block reset estimate calculate
  predict explain summarise describe transfer withdraw deposit reserve confirm describe feed walk
`);

const nouns = split(`
  account address alarm album answer apartment appointment archive article artist balance bank
  basket battery bed bicycle bill bird blanket boat book bottle box bread bridge budget bus button
  cabin cable calendar camera car card cargo chair channel chart city class client clock cloud coat
  color comment company computer concert contact contract cost country coupon course customer
  deadline delivery department desk device dinner discount doctor document dog door dress driver
  email employee engine event exam exchange expense factory farm fee fence festival field file film
  fire flight floor flower folder food forecast form fruit fuel furniture game garage garden gift
  group guest guide hall heater home hospital hotel hour house image insurance invoice island item
  job journal journey keyboard kitchen lamp language laptop lecture lesson letter library licence
  light limit link location luggage lunch machine mail map market match meal medicine meeting
  member memory menu message meter mirror model money month mountain movie museum music network
  news note novel number office offer order package page paper parcel park parking party passenger
  passport password patient payment person phone photo picture plan plant plate player playlist
  podcast police pool post price printer prize product profile project property question queue
  radio rate recipe record refund report request reservation restaurant review ride river road room
  route rule salary sale sample schedule school score screen sculpture season seat sensor server
  service shelf ship shirt shoe shop show signal size sofa software song sound speaker sport stamp
  station stock storage store story street student subject subscription supplier table task tax
  taxi teacher team temperature tent test theatre thermostat ticket timer title topic tour tower
  town toy trade traffic train transaction trip truck umbrella user vehicle video village visit
  voice volume voucher wallet wall warehouse watch water weather website week weight window wine
  worker workshop
`);

const adjectives = split(`
  red blue green yellow black white small large medium tiny huge fast slow quiet loud hot cold warm
  fresh old young new early late cheap expensive open public private daily weekly monthly yearly
  short long narrow wide soft hard simple full empty round square heavy low high normal urgent
  standard premium basic local global digital classic modern golden silver north south east west
  single double first second third spicy sweet vegan dry wet bright dark clear cloudy sunny rainy
`);

const properties = split(`
  age amount area author balance brand category code color count currency date day depth direction
  distance duration end floor format frequency gender grade height hour id kind label language
  length level limit location maker mode month name number owner people percentage period phone
  place position price priority quality quantity reason recipient region room sender size speed
  stage start state status street subject sum target temperature text time title topic type unit
  value version volume week weight width year zone nights copies minutes guests seats pages points
`);

const switches = split(`
  alarm backup breakfast captions colour comments confirmation delivery details discount express
  flash gift heating history insurance labels lights lock loop music notes notification parking
  photos pictures privacy receipt reminder repeat shuffle signature sound subtitles summary taxes
  tracking updates vibration warnings wrapping
`);

export const words = {
  verbs,
  nouns,
  adjectives,
  properties,
  switches,
  all: [...new Set([...verbs, ...nouns, ...adjectives, ...properties, ...switches])],
};
