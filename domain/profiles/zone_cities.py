"""Cities by which a time zone is told: those whose zone is not that of most of their state, and large ones.

The first kind is from the area codes and places that libphonenumber knows, looked through by hand.
"""

SPLIT_STATES: dict[str, dict[tuple[str, str], str]] = {
    "US": {
        ("FL", "America/Chicago"): """
            Baker; Blountstown; Bonifay; Cantonment; Century; Chipley; Crestview; DeFuniak Springs; Destin; Eglin
            AFB; Fort Walton Beach; Freeport; Graceville; Grand Ridge; Gulf Breeze; Jay; Lynn Haven; Marianna; Mary
            Esther; Milton; Molino; Navarre; Niceville; Panama City; Pensacola; Santa Rosa Beach;
            Shalimar; Sneads; Vernon; Wewahitchka; Youngstown
            """,
        ("ID", "America/Los_Angeles"): """
            Athol; Bonners Ferry; Coeur d'Alene; Cottonwood; Grangeville; Hayden; Kamiah; Kellogg; Kooskia;
            Lewiston; Moscow; Oldtown; Orofino; Plummer; Post Falls; Potlatch; Priest River; Rathdrum; Sandpoint;
            Spirit Lake; St. Maries; Troy
            """,
        ("IN", "America/Chicago"): """
            Boonville; Cedar Lake; Chandler; Chesterton; Crown Point; Dale; De Motte; East Chicago; Evansville; Fort
            Branch; Gary; Hammond; Haubstadt; Hebron; Highland; Hobart; Kentland; Knox; Kouts; La Porte; Lake
            Station; Lowell; Merrillville; Michigan City; Morocco; Mount Vernon; Munster; Newburgh; North Judson;
            Oakland City; Portage; Princeton; Remington; Rensselaer; Rockport; Rolling Prairie; Schererville; St.
            John; Tell City; Valparaiso; Wanatah; Westville; Wheatfield; Whiting
            """,
        ("KS", "America/Denver"): """
            Goodland; Sharon Springs; Syracuse; Tribune
            """,
        ("KY", "America/Chicago"): """
            Albany; Auburn; Beaver Dam; Benton; Bowling Green; Brownsville; Burkesville; Cadiz; Calhoun; Calvert
            City; Caneyville; Cave City; Central City; Clarkson; Clinton; Columbia; Dawson Springs; Eddyville;
            Edmonton; Elkton; Fort Campbell; Franklin; Fulton; Glasgow; Greensburg; Greenville; Guthrie;
            Hardinsburg; Hartford; Hawesville; Henderson; Hickman; Hopkinsville; Horse Cave; Irvington; Jamestown;
            La Center; Leitchfield; Lewisburg; Madisonville; Marion; Mayfield; Morganfield; Morgantown;
            Munfordville; Murray; Oak Grove; Owensboro; Paducah; Princeton; Providence; Russell Springs;
            Russellville; Salem; Scottsville; Smithland; Smiths Grove; Sturgis; Tompkinsville; Wickliffe
            """,
        ("MI", "America/Chicago"): """
            Crystal Falls; Iron Mountain; Iron River; Ironwood; Menominee; Norway; Stephenson
            """,
        ("ND", "America/Denver"): """
            Beach; Belfield; Bowman; Dickinson; Elgin; Hettinger; Killdeer
            """,
        ("NE", "America/Denver"): """
            Alliance; Benkelman; Bridgeport; Chadron; Chappell; Crawford; Gering; Gordon; Grant; Imperial; Kimball;
            Mitchell; Ogallala; Oshkosh; Rushville; Scottsbluff; Sidney
            """,
        ("OR", "America/Denver"): """
            Nyssa; Ontario; Vale
            """,
        ("SD", "America/Denver"): """
            Belle Fourche; Box Elder; Custer; Deadwood; Eagle Butte; Fort Pierre; Hill City; Hot Springs; Lead;
            Lemmon; Martin; McLaughlin; Philip; Pine Ridge; Rapid City; Spearfish; Sturgis; Wall
            """,
        ("TN", "America/New_York"): """
            Athens; Bean Station; Benton; Blountville; Bluff City; Bristol; Bulls Gap; Chattanooga; Church Hill;
            Cleveland; Clinton; Copperhill; Cosby; Dandridge; Dayton; Decatur; Elizabethton; Erwin; Etowah;
            Friendsville; Gatlinburg; Gray; Greeneville; Hampton; Harriman; Harrison; Harrogate; Hixson; Huntsville;
            Jefferson City; Jellico; Johnson City; Jonesborough; Kingsport; Kingston; Knoxville; La Follette; Lake
            City; Lenoir City; Loudon; Madisonville; Maryville; Maynardville; Morristown; Mosheim; Mountain City;
            Newport; Oak Ridge; Oliver Springs; Oneida; Ooltewah; Powell; Rockwood; Rogersville; Rutledge;
            Sevierville; Signal Mountain; Sneedville; Soddy-Daisy; Spring City; Surgoinsville; Sweetwater; Tellico
            Plains; Townsend; Vonore; Wartburg; White Pine
            """,
        ("TX", "America/Denver"): """
            Anthony; Canutillo; El Paso; Fabens
            """,
    },
    "CA": {
        ("BC", "America/Edmonton"): """
            Chetwynd; Cranbrook; Creston; Dawson Creek; Fernie; Fort Nelson; Fort St. John; Golden; Invermere;
            Kimberley; Radium Hot Springs; Sparwood; Tumbler Ridge
            """,
        ("ON", "America/Winnipeg"): """
            Dryden; Fort Frances; Ignace; Kenora; Red Lake; Sioux Lookout
            """,
    },
}
"""By country the cities of a state (its code) that keep another time than most of it."""

LARGE: dict[str, dict[str, str]] = {
    "US": {
        "America/New_York": """
            New York; New York City; NYC; Brooklyn; Manhattan; Queens; Bronx; Boston; Philadelphia; Washington DC;
            Washington D.C.; Miami; Atlanta; Charlotte; Baltimore; Pittsburgh; Cleveland; Cincinnati; Orlando; Tampa;
            Raleigh; Buffalo; Fort Lauderdale; Virginia Beach; Newark; Jersey City; Hartford; Providence; Detroit;
            Indianapolis; Louisville
            """,
        "America/Chicago": """
            Chicago; Houston; Dallas; San Antonio; Austin; Fort Worth; Minneapolis; Milwaukee; New Orleans; Memphis;
            Nashville; Oklahoma City; Tulsa; Omaha; St. Louis; Saint Louis; Plano; Irving
            """,
        "America/Denver": "Denver; Salt Lake City; Albuquerque; El Paso; Colorado Springs; Boise",
        "America/Phoenix": "Phoenix; Tucson; Mesa; Scottsdale; Chandler; Tempe",
        "America/Los_Angeles": """
            Los Angeles; San Francisco; San Diego; San Jose; Seattle; Las Vegas; Sacramento; Oakland; Long Beach;
            Fresno;
            Palo Alto; Mountain View; Menlo Park; Cupertino; Sunnyvale; Santa Monica; Irvine; Anaheim; Bellevue;
            Redmond;
            Spokane; Tacoma; Santa Clara; Berkeley; Reno
            """,
        "America/Anchorage": "Anchorage; Fairbanks; Juneau",
        "Pacific/Honolulu": "Honolulu",
    },
    "CA": {
        "America/St_Johns": "St. John's; Saint John's",
        "America/Halifax": "Halifax; Moncton; Fredericton; Charlottetown; Saint John; Dartmouth",
        "America/Toronto": """
            Toronto; Montreal; Ottawa; Quebec; Quebec City; Mississauga; Brampton; Markham; Vaughan; Laval; Gatineau;
            Kitchener; Oakville; Longueuil; Iqaluit
            """,
        "America/Winnipeg": "Winnipeg; Brandon",
        "America/Regina": "Regina; Saskatoon",
        "America/Edmonton": "Calgary; Edmonton; Red Deer; Lethbridge; Yellowknife",
        "America/Vancouver": "Vancouver; Surrey; Burnaby; Victoria; Kelowna; Abbotsford; Nanaimo",
        "America/Whitehorse": "Whitehorse",
    },
    "AU": {
        "Australia/Sydney": "Sydney; Newcastle; Wollongong; Canberra; Parramatta; North Sydney",
        "Australia/Melbourne": "Melbourne; Geelong; Ballarat; Bendigo",
        "Australia/Brisbane": "Brisbane; Gold Coast; Cairns; Townsville; Sunshine Coast; Toowoomba",
        "Australia/Adelaide": "Adelaide",
        "Australia/Broken_Hill": "Broken Hill",
        "Australia/Darwin": "Darwin; Alice Springs",
        "Australia/Perth": "Perth; Fremantle",
        "Australia/Hobart": "Hobart; Launceston",
        "Australia/Eucla": "Eucla",
        "Australia/Lord_Howe": "Lord Howe Island",
    },
    "BR": {
        "America/Sao_Paulo": """
            São Paulo; Sao Paulo; Rio de Janeiro; Brasília; Belo Horizonte; Curitiba; Porto Alegre; Goiânia; Campinas;
            Guarulhos; Florianópolis; Joinville; Vitória; Niterói; Santos; Ribeirão Preto; Uberlândia; Londrina; Osasco
            """,
        "America/Bahia": "Salvador; Feira de Santana",
        "America/Fortaleza": "Fortaleza; Natal; Teresina; São Luís; João Pessoa",
        "America/Recife": "Recife; Olinda",
        "America/Maceio": "Maceió; Aracaju",
        "America/Belem": "Belém; Macapá",
        "America/Manaus": "Manaus",
        "America/Cuiaba": "Cuiabá",
        "America/Campo_Grande": "Campo Grande",
        "America/Porto_Velho": "Porto Velho",
        "America/Boa_Vista": "Boa Vista",
        "America/Rio_Branco": "Rio Branco",
    },
    "MX": {
        "America/Mexico_City": """
            Mexico City; Ciudad de México; México D.F.; CDMX; Guadalajara; Puebla; León; Querétaro; Zapopan; Toluca;
            San Luis Potosí; Aguascalientes; Morelia; Veracruz; Acapulco; Cuernavaca
            """,
        "America/Monterrey": "Monterrey; San Pedro Garza García; Saltillo; Torreón",
        "America/Tijuana": "Tijuana; Mexicali; Ensenada",
        "America/Cancun": "Cancún; Playa del Carmen; Chetumal",
        "America/Merida": "Mérida",
        "America/Hermosillo": "Hermosillo; Ciudad Obregón",
        "America/Chihuahua": "Chihuahua",
        "America/Ciudad_Juarez": "Ciudad Juárez; Juárez",
        "America/Mazatlan": "Culiacán; Mazatlán; La Paz",
        "America/Matamoros": "Matamoros; Reynosa; Nuevo Laredo",
    },
    "RU": {
        "Europe/Kaliningrad": "Kaliningrad; Калининград",
        "Europe/Moscow": """
            Moscow; Москва; Saint Petersburg; St. Petersburg; Санкт-Петербург; Nizhny Novgorod; Нижний Новгород; Kazan;
            Казань; Rostov-on-Don; Ростов-на-Дону; Krasnodar; Краснодар; Voronezh; Воронеж; Sochi; Сочи; Tula; Тула
            """,
        "Europe/Volgograd": "Volgograd; Волгоград",
        "Europe/Samara": "Samara; Самара; Tolyatti; Тольятти; Izhevsk; Ижевск",
        "Europe/Saratov": "Saratov; Саратов",
        "Asia/Yekaterinburg": """
            Yekaterinburg; Ekaterinburg; Екатеринбург; Chelyabinsk; Челябинск; Ufa; Уфа; Perm; Пермь; Tyumen; Тюмень
            """,
        "Asia/Omsk": "Omsk; Омск",
        "Asia/Novosibirsk": "Novosibirsk; Новосибирск",
        "Asia/Barnaul": "Barnaul; Барнаул",
        "Asia/Tomsk": "Tomsk; Томск",
        "Asia/Novokuznetsk": "Kemerovo; Кемерово; Novokuznetsk; Новокузнецк",
        "Asia/Krasnoyarsk": "Krasnoyarsk; Красноярск",
        "Asia/Irkutsk": "Irkutsk; Иркутск; Ulan-Ude; Улан-Удэ",
        "Asia/Chita": "Chita; Чита",
        "Asia/Yakutsk": "Yakutsk; Якутск",
        "Asia/Vladivostok": "Vladivostok; Владивосток; Khabarovsk; Хабаровск",
        "Asia/Sakhalin": "Yuzhno-Sakhalinsk; Южно-Сахалинск",
        "Asia/Magadan": "Magadan; Магадан",
        "Asia/Kamchatka": "Petropavlovsk-Kamchatsky; Петропавловск-Камчатский",
    },
    "ID": {
        "Asia/Jakarta": """
            Jakarta; Jakarta Selatan; Jakarta Pusat; Jakarta Barat; Jakarta Timur; Jakarta Utara; South Jakarta;
            Surabaya;
            Bandung; Medan; Semarang; Tangerang; Bekasi; Depok; Bogor; Yogyakarta; Palembang; Malang; Batam; Pekanbaru
            """,
        "Asia/Pontianak": "Pontianak; Palangkaraya",
        "Asia/Makassar": "Makassar; Denpasar; Manado; Balikpapan; Samarinda; Banjarmasin; Mataram; Kupang; Ubud; Kuta",
        "Asia/Jayapura": "Jayapura; Ambon; Sorong; Manokwari",
    },
    "CD": {
        "Africa/Kinshasa": "Kinshasa; Matadi; Mbandaka; Kikwit; Boma",
        "Africa/Lubumbashi": "Lubumbashi; Goma; Bukavu; Kisangani; Mbuji-Mayi; Kananga; Kolwezi; Likasi; Bunia",
    },
    "ES": {
        "Atlantic/Canary": """
            Las Palmas; Las Palmas de Gran Canaria; Santa Cruz de Tenerife; La Laguna; San Cristóbal de La Laguna;
            Arona;
            Adeje; Arrecife; Puerto del Rosario; Telde; Puerto de la Cruz; Maspalomas
            """
    },
    "PT": {
        "Atlantic/Azores": "Ponta Delgada; Angra do Heroísmo; Horta",
        "Atlantic/Madeira": "Funchal; Câmara de Lobos",
    },
    "CL": {"America/Punta_Arenas": "Punta Arenas; Puerto Natales", "Pacific/Easter": "Hanga Roa"},
    "EC": {"Pacific/Galapagos": "Puerto Ayora; Puerto Baquerizo Moreno"},
    "MN": {"Asia/Hovd": "Khovd; Hovd; Ölgii; Ulaangom"},
    "NZ": {"Pacific/Chatham": "Waitangi"},
    "PG": {"Pacific/Bougainville": "Arawa; Buka"},
    "UA": {"Europe/Simferopol": "Simferopol; Sevastopol; Yalta; Симферополь; Севастополь"},
}
"""By country and zone the cities that tell it where no state does."""
