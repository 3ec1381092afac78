# Weather of a park

weather-title = Weather
weather-finding = Nearest station with values: { $name }, { $km } km away
weather-finding-none = No station has temperatures yet
weather-stations = Stations
weather-station = Station
weather-distance = Distance
weather-coverage = Coverage
weather-use = Use
weather-used = in use
weather-no-place = It is not known where the station or the park lies
weather-from-memory = place from memory, to a tenth of a degree
weather-no-values = no values
weather-hours = { $present }/{ $expected } hours
weather-days = { $present }/{ $expected } days
weather-filled = { COUNT($count, "hour", "hours") } interpolated
weather-how = Temperatures are the park's own, in the sheets stations and weather of its workbook. Stations of the catalogue say only where they stand; they bring no temperatures.
weather-template = Download the blank workbook
weather-degree-days = Degree days by month
weather-degree-days-of = Degree days by month: { $name }
weather-base = Base temperature, °C
weather-month = Month
weather-heating = Heating degree days
weather-cooling = Cooling degree days
weather-too-few-days = Too many days of the month are missing
weather-gaps = Days without a temperature
weather-gaps-none = No day is missing from the first to the last.
